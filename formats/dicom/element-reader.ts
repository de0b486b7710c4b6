import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { DicomDataset } from './dataset.ts';
import { dictionaryVr } from './dictionary.ts';
import { DicomElement, type Fragment } from './element.ts';
import { ElementCursor, syntaxError } from './element-cursor.ts';
import { OpenSequence } from './open-sequence.ts';
import { formatTag, isPixelDataTag, tags } from './tags.ts';
import type { TransferSyntax } from './transfer-syntax.ts';

const undefinedLength = 0xffffffff;
/** Never reached: so many elements are refused. */
const wholeObject = limits.dicomElementsMax + 1;

export interface ReaderOptions {
  readonly syntax: TransferSyntax;
  /** Bytes of the object; every length is checked against it before it is believed. */
  readonly size: number;
  /** Pass over pixel data, and over values of the top level that are longer than this. */
  readonly deferOverBytes?: number;
}

/**
 * Reads data elements from a window of the object's bytes (PS3.5 7). One instance reads one object from front to back; all
 * offsets are absolute. Which sequences are open is kept in a list, not on the stack: so it can stop within a million items, for the
 * event loop or for bytes, and go on there. In case of `NeedBytes` the caller moves the window to `at` and calls again.
 */
export class ElementReader {
  elementsCount = 0;
  readonly #syntax: TransferSyntax;
  readonly #cursor: ElementCursor;
  readonly #isHeaderOnly: boolean;
  readonly #deferOverBytes: number;
  /** The innermost. */
  #open: OpenSequence | undefined = undefined;

  constructor(options: ReaderOptions) {
    this.#syntax = options.syntax;
    this.#cursor = new ElementCursor(options.syntax, options.size);
    this.#isHeaderOnly = options.deferOverBytes !== undefined;
    this.#deferOverBytes = options.deferOverBytes ?? Number.POSITIVE_INFINITY;
  }

  /** Offset in the object. */
  get at(): number {
    return this.#cursor.at;
  }
  set at(offset: number) {
    this.#cursor.at = offset;
  }

  /** `bytes` are those of the object from offset `base` on. */
  setWindow(bytes: Uint8Array, base: number): void {
    this.#cursor.setWindow(bytes, base);
  }

  /**
   * Reads elements up to the end, or up to pixel data of the top level where that is passed over; `at` stands then behind its header
   * (undefined length) or its value. False when it stopped before, after `elementsMax` or some more.
   */
  readDataset(target: DicomDataset, elementsMax = wholeObject): boolean {
    const pauseAt = this.elementsCount + elementsMax;
    while (this.elementsCount < pauseAt) {
      if (this.#open !== undefined) this.#readItems(this.#open, pauseAt);
      else if (this.#cursor.isAtEnd()) return true;
      else {
        const { tag } = this.#element(target, this.#cursor.size);
        if (this.#isHeaderOnly && isPixelDataTag(tag)) return true;
      }
    }
    return false;
  }

  /** Reads elements of group 0002, none of which is a sequence, as `readDataset` does; ends where another group begins. */
  readFileMeta(target: DicomDataset, elementsMax = wholeObject): boolean {
    const pauseAt = this.elementsCount + elementsMax;
    while (this.elementsCount < pauseAt) {
      if (this.#cursor.peekGroup() !== 2) return true;
      this.#element(target, this.#cursor.size);
    }
    return false;
  }

  /** The element is in the target, or will be once its sequence, open now, is closed. */
  #element(target: DicomDataset, end: number): DicomElement {
    const from = this.#cursor.at;
    this.#cursor.header(end);
    if (this.#cursor.vr === '')
      throw syntaxError(this.#cursor.at, `${formatTag(this.#cursor.tag)} outside a sequence`);
    const element = this.#value(target, end, from);
    this.#count();
    if (element.items === undefined) target.add(element);
    return element;
  }

  #count(): void {
    this.elementsCount += 1;
    if (this.elementsCount > limits.dicomElementsMax) throw tooManyError();
  }

  /** `from` is where the element began, and where it is read again when bytes are missing. */
  #value(target: DicomDataset, end: number, from: number): DicomElement {
    const tag = this.#cursor.tag;
    const offset = this.#cursor.at;
    const length = this.#cursor.length;
    if (length === undefinedLength) return this.#undefinedLengthValue(target, end, from);
    this.#cursor.check(length, end, tag);
    const vr = this.#resolve(this.#cursor.vr, target);
    if (vr !== 'SQ' && this.#isPassedOver(tag, length)) {
      this.#cursor.at += length;
      return new DicomElement(tag, vr, offset, length, undefined, 0);
    }
    this.#cursor.needFrom(from, length);
    const element = new DicomElement(tag, vr, offset, length, this.#cursor.bytes, this.#cursor.base);
    if (vr === 'SQ') this.#openSequence(element, target, offset + length);
    else this.#cursor.at += length;
    return element;
  }

  #isPassedOver(tag: number, length: number): boolean {
    if (!this.#isHeaderOnly || this.#open !== undefined) return false;
    return length > this.#deferOverBytes || isPixelDataTag(tag);
  }

  #undefinedLengthValue(target: DicomDataset, end: number, from: number): DicomElement {
    const tag = this.#cursor.tag;
    const vr = this.#cursor.vr;
    const offset = this.#cursor.at;
    if (isPixelDataTag(tag) && (vr === 'OB' || vr === 'OW')) {
      if (this.#isHeaderOnly && this.#open === undefined) {
        return new DicomElement(tag, vr, offset, -1, undefined, 0);
      }
      const element = new DicomElement(tag, vr, offset, -1, this.#cursor.bytes, this.#cursor.base);
      element.fragments = this.#fragments(end, from);
      element.isUndelimited = this.#cursor.tag !== tags.sequenceDelimiter;
      return element;
    }
    if (vr !== 'SQ' && vr !== 'UN') {
      throw syntaxError(offset, `undefined length in ${formatTag(tag)} of VR ${vr}`);
    }
    const element = new DicomElement(tag, 'SQ', offset, -1, this.#cursor.bytes, this.#cursor.base);
    this.#openSequence(element, target, end);
    if (vr === 'UN') {
      // Within it everything is implicit VR little endian, whatever the object is (PS3.5 6.2.2).
      this.#cursor.isImplicit = true;
      this.#cursor.isBigEndian = false;
    }
    return element;
  }

  #openSequence(element: DicomElement, holder: DicomDataset, end: number): void {
    const open = new OpenSequence(
      element,
      holder,
      end,
      this.#cursor.isImplicit,
      this.#cursor.isBigEndian,
      this.#open,
    );
    if (open.depth > limits.dicomDepthMax) {
      throw new BitHiveError('BH_DICOM_LIMIT', `sequences nest deeper than ${limits.dicomDepthMax}`);
    }
    this.#open = open;
  }

  #closeSequence({ element, holder, isImplicit, isBigEndian, outer }: OpenSequence): void {
    this.#cursor.isImplicit = isImplicit;
    this.#cursor.isBigEndian = isBigEndian;
    this.#open = outer;
    holder.add(element);
  }

  /** Reads on in the innermost sequence until it ends, another one begins in it, or enough was read. */
  #readItems(open: OpenSequence, pauseAt: number): void {
    while (this.elementsCount < pauseAt) {
      const { item } = open;
      if (item === undefined) {
        if (!this.#nextItem(open)) {
          this.#closeSequence(open);
          return;
        }
      } else if (
        open.isItemDelimited ? this.#cursor.takeItemDelimiter(open.itemEnd) : this.#cursor.at >= open.itemEnd
      ) {
        open.item = undefined;
      } else {
        this.#element(item, open.itemEnd);
        if (this.#open !== open) return;
      }
    }
  }

  /** False at the end of the sequence. */
  #nextItem(open: OpenSequence): boolean {
    if (!open.isDelimited && this.#cursor.at >= open.end) return false;
    this.#cursor.header(open.end);
    const isDelimiter = this.#cursor.tag === tags.sequenceDelimiter;
    if (isDelimiter && open.isDelimited) return false;
    if (!isDelimiter && this.#cursor.tag !== tags.item) {
      throw syntaxError(this.#cursor.at, `${formatTag(this.#cursor.tag)} in place of an item`);
    }
    this.#count();
    // A delimiter at the end of a sequence of defined length says nothing new.
    if (isDelimiter) return true;
    const item = new DicomDataset(this.#syntax.uid, this.#cursor.isBigEndian, open.holder, undefined);
    open.items.push(item);
    open.isItemDelimited = this.#cursor.length === undefinedLength;
    if (!open.isItemDelimited) this.#cursor.check(this.#cursor.length, open.end, tags.item);
    open.itemEnd = open.isItemDelimited ? open.end : this.#cursor.at + this.#cursor.length;
    open.item = item;
    return true;
  }

  /** Items of encapsulated pixel data hold bytes and always say how many (PS3.5 A.4). */
  #fragments(end: number, from: number): readonly Fragment[] {
    const fragments: Fragment[] = [];
    for (;;) {
      const isEnd = this.#cursor.at === this.#cursor.size && this.#open === undefined && fragments.length > 1;
      if (isEnd) break;
      this.#cursor.needFrom(from, Math.min(12, end - this.#cursor.at));
      this.#cursor.header(end);
      if (this.#cursor.tag === tags.sequenceDelimiter) break;
      if (this.#cursor.tag !== tags.item || this.#cursor.length === undefinedLength) {
        throw syntaxError(
          this.#cursor.at,
          `${formatTag(this.#cursor.tag)} in place of a fragment of pixel data`,
        );
      }
      this.#cursor.check(this.#cursor.length, end, tags.item);
      this.#cursor.needFrom(from, this.#cursor.length);
      fragments.push({ offset: this.#cursor.at, length: this.#cursor.length });
      if (this.elementsCount + fragments.length > limits.dicomElementsMax) throw tooManyError();
      if (this.#open !== undefined && fragments.length > limits.dicomIconFragmentsMax) {
        throw new BitHiveError('BH_DICOM_LIMIT', `an icon of over ${limits.dicomIconFragmentsMax} fragments`);
      }
      this.#cursor.at += this.#cursor.length;
    }
    this.elementsCount += fragments.length;
    return fragments;
  }

  /** A VR of the dictionary that the object decides, and UN of a text that the dictionary knows, become one of PS3.5. */
  #resolve(vr: string, target: DicomDataset): string {
    if (vr === 'xs') return target.hasSignedPixels ? 'SS' : 'US';
    if (vr === 'ox' || vr === 'lt') return 'OW';
    if (vr !== 'UN') return vr;
    const known = dictionaryVr(this.#cursor.tag);
    return textVrs.has(known) ? known : 'UN';
  }
}

const textVrs: ReadonlySet<string> = new Set([
  ...['AE', 'AS', 'CS', 'DA', 'DS', 'DT', 'IS', 'LO', 'LT', 'PN'],
  ...['SH', 'ST', 'TM', 'UC', 'UI', 'UR', 'UT'],
]);

const tooManyError = (): BitHiveError =>
  new BitHiveError('BH_DICOM_LIMIT', `more than ${limits.dicomElementsMax} elements`);
