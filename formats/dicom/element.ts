import { assert } from '../../core/assert.ts';
import type { DicomDataset } from './dataset.ts';
import { formatTag } from './tags.ts';

/** Where a fragment of encapsulated pixel data lies in the object. */
export interface Fragment {
  readonly offset: number;
  readonly length: number;
}

/** One data element: where its value lies. Nothing is copied; values are decoded when they are asked for. */
export class DicomElement {
  readonly tag: number;
  readonly vr: string;
  /** Of the value's first byte, from the start of the object (of the inflated data set in a deflated one). */
  readonly offset: number;
  /** Bytes of the value; -1 when the length is undefined. */
  readonly length: number;
  /** Set for a sequence. */
  items: readonly DicomDataset[] | undefined = undefined;
  /** Set for encapsulated pixel data that was read; the first one is the basic offset table (PS3.5 A.4). */
  fragments: readonly Fragment[] | undefined = undefined;
  /** Encapsulated pixel data that ends with the object instead of with its delimiter. */
  isUndelimited = false;
  readonly #window: Uint8Array | undefined;
  readonly #base: number;

  /** `window` holds the object's bytes from offset `base` on; undefined when the value was passed over. */
  constructor(
    tag: number,
    vr: string,
    offset: number,
    length: number,
    window: Uint8Array | undefined,
    base: number,
  ) {
    this.tag = tag;
    this.vr = vr;
    this.offset = offset;
    this.length = length;
    this.#window = window;
    this.#base = base;
  }

  /** False for pixel data and very large values after `readHeader`. */
  get isLoaded(): boolean {
    return this.#window !== undefined;
  }

  /** The value as it lies in the object; empty for a sequence or encapsulated pixel data. A view, not a copy. */
  get bytes(): Uint8Array {
    return this.length < 0 ? new Uint8Array(0) : this.slice(this.offset, this.length);
  }

  /** Bytes of the object at an absolute offset, for fragments. */
  slice(offset: number, length: number): Uint8Array {
    const window = this.#window;
    assert(window !== undefined, `the value of ${formatTag(this.tag)} was not read`);
    return window.subarray(offset - this.#base, offset - this.#base + length);
  }
}
