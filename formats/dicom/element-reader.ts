import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { DicomDataset } from './dataset.ts';
import { dictionaryVr } from './dictionary.ts';
import { DicomElement, type Fragment } from './element.ts';
import { formatTag, isPixelDataTag, tags } from './tags.ts';
import type { TransferSyntax } from './transfer-syntax.ts';
import { fileMetaVrs, vrOfBytes } from './vr.ts';

/** Signal, not an error: the bytes up to this offset exist in the object but are not in the window yet. */
export class NeedBytes {
  readonly untilOffset: number;
  constructor(untilOffset: number) {
    this.untilOffset = untilOffset;
  }
}

const undefinedLength = 0xffffffff;

export interface ReaderOptions {
  readonly syntax: TransferSyntax;
  /** Bytes of the object; every length is checked against it before it is believed. */
  readonly size: number;
  /** Pass over pixel data, and over values of the top level that are longer than this. */
  readonly deferOverBytes?: number;
}

/**
 * Reads data elements from a window of the object's bytes (PS3.5 7). One instance reads one object from front to back; all
 * offsets are absolute. In case of `NeedBytes` the caller widens the window and calls again from where the element began.
 */
export class ElementReader {
  at = 0;
  elementsCount = 0;
  readonly #syntax: TransferSyntax;
  readonly #size: number;
  readonly #isHeaderOnly: boolean;
  readonly #deferOverBytes: number;
  #bytes: Uint8Array = new Uint8Array(0);
  #base = 0;
  #isImplicit: boolean;
  #isBigEndian: boolean;
  // The header that `#header` read last.
  #tag = 0;
  #vr = '';
  #length = 0;

  constructor(options: ReaderOptions) {
    this.#syntax = options.syntax;
    this.#size = options.size;
    this.#isHeaderOnly = options.deferOverBytes !== undefined;
    this.#deferOverBytes = options.deferOverBytes ?? Number.POSITIVE_INFINITY;
    this.#isImplicit = options.syntax.isImplicit;
    this.#isBigEndian = options.syntax.isBigEndian;
  }

  /** `bytes` are those of the object from offset `base` on. */
  setWindow(bytes: Uint8Array, base: number): void {
    this.#bytes = bytes;
    this.#base = base;
  }

  /**
   * Reads elements of the top level up to the end, or up to pixel data where that is passed over; then it is returned and `at`
   * stands behind its header (undefined length) or its value.
   */
  readDataset(target: DicomDataset): DicomElement | undefined {
    while (!this.#isAtEnd()) {
      const element = this.readTopElement(target);
      if (this.#isHeaderOnly && isPixelDataTag(element.tag)) return element;
    }
    return undefined;
  }

  /** After `NeedBytes` everything is as before the call. */
  readTopElement(target: DicomDataset): DicomElement {
    const at = this.at;
    const count = this.elementsCount;
    try {
      return this.#element(target, this.#size, 0);
    } catch (error) {
      this.at = at;
      this.elementsCount = count;
      throw error;
    }
  }

  #element(target: DicomDataset, end: number, depth: number): DicomElement {
    this.#header(end);
    if (this.#vr === '') throw syntaxError(this.at, `${formatTag(this.#tag)} outside a sequence`);
    this.#count();
    const element = this.#value(target, end, depth);
    target.add(element);
    return element;
  }

  #count(): void {
    this.elementsCount += 1;
    if (this.elementsCount > limits.dicomElementsMax) {
      throw new BitHiveError('BH_DICOM_LIMIT', `more than ${limits.dicomElementsMax} elements`);
    }
  }

  /** Group 0002 ends where another group begins; its own length element is not believed (it is often missing or wrong). */
  peekGroup(): number {
    if (this.at + 8 > this.#size) return -1;
    this.#need(8);
    return this.#u16(this.at - this.#base);
  }

  /** Zeros up to the end are padding that some writers add; no data element has the tag (0000,0000) in a file. */
  #isAtEnd(): boolean {
    const left = this.#size - this.at;
    if (left === 0) return true;
    this.#need(Math.min(left, 4));
    const i = this.at - this.#base;
    for (let k = 0; k < Math.min(left, 4); k += 1) if (this.#bytes[i + k] !== 0) return false;
    this.#need(left);
    return this.#bytes.subarray(i).every((byte) => byte === 0);
  }

  #value(target: DicomDataset, end: number, depth: number): DicomElement {
    const tag = this.#tag;
    const vr = this.#vr;
    const offset = this.at;
    if (this.#length === undefinedLength) return this.#undefinedLengthValue(target, end, depth);
    const length = this.#length;
    this.#check(length, end, tag);
    const resolved = this.#resolve(vr, target);
    if (depth === 0 && vr !== 'SQ' && this.#isPassedOver(tag, length)) {
      this.at += length;
      return new DicomElement(tag, resolved, offset, length, undefined, 0);
    }
    this.#need(length);
    const element = new DicomElement(tag, resolved, offset, length, this.#bytes, this.#base);
    if (vr === 'SQ') element.items = this.#items(target, offset + length, false, depth + 1);
    else this.at += length;
    return element;
  }

  #isPassedOver(tag: number, length: number): boolean {
    return this.#isHeaderOnly && (length > this.#deferOverBytes || isPixelDataTag(tag));
  }

  #undefinedLengthValue(target: DicomDataset, end: number, depth: number): DicomElement {
    const tag = this.#tag;
    const vr = this.#vr;
    const offset = this.at;
    if (isPixelDataTag(tag) && (vr === 'OB' || vr === 'OW')) {
      if (depth === 0 && this.#isHeaderOnly) {
        return new DicomElement(tag, vr, offset, -1, undefined, 0);
      }
      const element = new DicomElement(tag, vr, offset, -1, this.#bytes, this.#base);
      element.fragments = this.#fragments(end, depth);
      element.isUndelimited = this.#tag !== tags.sequenceDelimiter;
      return element;
    }
    const isUnknown = vr === 'UN';
    if (vr !== 'SQ' && !isUnknown) {
      throw syntaxError(offset, `undefined length in ${formatTag(tag)} of VR ${vr}`);
    }
    const element = new DicomElement(tag, 'SQ', offset, -1, this.#bytes, this.#base);
    element.items = isUnknown
      ? this.#implicitItems(target, end, depth + 1)
      : this.#items(target, end, true, depth + 1);
    return element;
  }

  /** Inside UN of undefined length everything is implicit VR little endian, whatever the object is (PS3.5 6.2.2). */
  #implicitItems(target: DicomDataset, end: number, depth: number): readonly DicomDataset[] {
    const before = [this.#isImplicit, this.#isBigEndian] as const;
    this.#isImplicit = true;
    this.#isBigEndian = false;
    try {
      return this.#items(target, end, true, depth);
    } finally {
      [this.#isImplicit, this.#isBigEndian] = before;
    }
  }

  #items(parent: DicomDataset, end: number, isDelimited: boolean, depth: number): readonly DicomDataset[] {
    if (depth > limits.dicomDepthMax) {
      throw new BitHiveError('BH_DICOM_LIMIT', `sequences nest deeper than ${limits.dicomDepthMax}`);
    }
    const items: DicomDataset[] = [];
    while (isDelimited || this.at < end) {
      this.#header(end);
      if (this.#tag === tags.sequenceDelimiter) {
        if (isDelimited) break;
        continue; // A delimiter at the end of a sequence of defined length says nothing new.
      }
      if (this.#tag !== tags.item) throw syntaxError(this.at, `${formatTag(this.#tag)} in place of an item`);
      this.#count();
      items.push(this.#item(parent, end, depth));
    }
    return items;
  }

  #item(parent: DicomDataset, end: number, depth: number): DicomDataset {
    const item = new DicomDataset(this.#syntax.uid, this.#isBigEndian, parent, undefined);
    if (this.#length !== undefinedLength) {
      this.#check(this.#length, end, tags.item);
      const itemEnd = this.at + this.#length;
      while (this.at < itemEnd) this.#element(item, itemEnd, depth);
      return item;
    }
    while (!this.#takeItemDelimiter(end)) this.#element(item, end, depth);
    return item;
  }

  #takeItemDelimiter(end: number): boolean {
    if (this.at + 8 > end) throw this.#shortError(8, end);
    this.#need(8);
    const i = this.at - this.#base;
    if (this.#u16(i) !== 0xfffe || this.#u16(i + 2) !== 0xe00d) return false;
    this.at += 8;
    return true;
  }

  /** Items of encapsulated pixel data hold bytes and always say how many (PS3.5 A.4). */
  #fragments(end: number, depth: number): readonly Fragment[] {
    const fragments: Fragment[] = [];
    for (;;) {
      if (depth === 0 && this.at === this.#size && fragments.length > 1) return fragments;
      this.#header(end);
      if (this.#tag === tags.sequenceDelimiter) return fragments;
      if (this.#tag !== tags.item || this.#length === undefinedLength) {
        throw syntaxError(this.at, `${formatTag(this.#tag)} in place of a fragment of pixel data`);
      }
      this.#count();
      this.#check(this.#length, end, tags.item);
      this.#need(this.#length);
      fragments.push({ offset: this.at, length: this.#length });
      this.at += this.#length;
    }
  }

  /** Reads tag, VR and length and moves to the value. */
  #header(end: number): void {
    if (this.at + 8 > end) throw this.#shortError(8, end);
    this.#need(8);
    const i = this.at - this.#base;
    const bytes = this.#bytes;
    const group = this.#u16(i);
    this.#tag = group * 65536 + this.#u16(i + 2);
    if (group === 0xfffe || this.#isImplicit) {
      this.#vr = group === 0xfffe ? '' : dictionaryVr(this.#tag);
      this.#length = this.#u32(i + 4);
      this.at += 8;
      return;
    }
    const traits = vrOfBytes(bytes[i + 4]!, bytes[i + 5]!);
    if (traits === undefined || (group === 2 && !fileMetaVrs.has(traits.vr))) {
      throw syntaxError(this.at, `${formatTag(this.#tag)} has no valid VR`);
    }
    this.#vr = traits.vr;
    if (!traits.isLong) {
      this.#length = this.#u16(i + 6);
      this.at += 8;
      return;
    }
    if (this.at + 12 > end) throw this.#shortError(12, end);
    this.#need(12);
    this.#length = this.#u32(this.at - this.#base + 8);
    this.at += 12;
  }

  /** A VR of the dictionary that the object decides, and UN of a text that the dictionary knows, become one of PS3.5. */
  #resolve(vr: string, target: DicomDataset): string {
    if (vr === 'xs') return target.hasSignedPixels ? 'SS' : 'US';
    if (vr === 'ox' || vr === 'lt') return 'OW';
    if (vr !== 'UN') return vr;
    const known = dictionaryVr(this.#tag);
    return textVrs.has(known) ? known : 'UN';
  }

  #check(length: number, end: number, tag: number): void {
    if (this.at + length <= end) return;
    if (this.at + length > this.#size) {
      throw new BitHiveError(
        'BH_DICOM_TRUNCATED',
        `${formatTag(tag)} at ${this.at} has ${length} bytes, the object ends at ${this.#size}`,
      );
    }
    throw syntaxError(this.at, `${formatTag(tag)} of ${length} bytes is longer than what holds it`);
  }

  #shortError(length: number, end: number): BitHiveError {
    if (this.at + length > this.#size) {
      return new BitHiveError('BH_DICOM_TRUNCATED', `the object ends at ${this.#size}, within an element`);
    }
    return syntaxError(this.at, `an element crosses ${end}, the end of what holds it`);
  }

  #need(length: number): void {
    const until = this.at + length;
    if (until - this.#base > this.#bytes.length) throw new NeedBytes(until);
  }

  #u16(i: number): number {
    const low = this.#bytes[i]!;
    const high = this.#bytes[i + 1]!;
    return this.#isBigEndian ? low * 256 + high : low + high * 256;
  }

  #u32(i: number): number {
    const a = this.#u16(i);
    const b = this.#u16(i + 2);
    return this.#isBigEndian ? a * 65536 + b : a + b * 65536;
  }
}

const textVrs: ReadonlySet<string> = new Set([
  ...['AE', 'AS', 'CS', 'DA', 'DS', 'DT', 'IS', 'LO', 'LT', 'PN'],
  ...['SH', 'ST', 'TM', 'UC', 'UI', 'UR', 'UT'],
]);

function syntaxError(offset: number, what: string): BitHiveError {
  return new BitHiveError('BH_DICOM_SYNTAX', `at offset ${offset}: ${what}`);
}
