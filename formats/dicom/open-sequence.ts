import type { DicomDataset } from './dataset.ts';
import type { DicomElement } from './element.ts';

/** A sequence that is being read, with the item that is. */
export class OpenSequence {
  readonly element: DicomElement;
  readonly items: DicomDataset[] = [];
  /** The data set that it is an element of. */
  readonly holder: DicomDataset;
  /** Its own end; of one of undefined length that of what holds it. */
  readonly end: number;
  readonly isDelimited: boolean;
  /** How what holds it is encoded. */
  readonly isImplicit: boolean;
  readonly isBigEndian: boolean;
  readonly outer: OpenSequence | undefined;
  /** 1 for a sequence of the top level. */
  readonly depth: number;
  item: DicomDataset | undefined = undefined;
  /** Of an item of undefined length: that of the sequence. */
  itemEnd = 0;
  isItemDelimited = false;

  constructor(
    element: DicomElement,
    holder: DicomDataset,
    end: number,
    isImplicit: boolean,
    isBigEndian: boolean,
    outer: OpenSequence | undefined,
  ) {
    this.element = element;
    this.holder = holder;
    this.end = end;
    this.isDelimited = element.length < 0;
    this.isImplicit = isImplicit;
    this.isBigEndian = isBigEndian;
    this.outer = outer;
    this.depth = outer === undefined ? 1 : outer.depth + 1;
    element.items = this.items;
  }
}
