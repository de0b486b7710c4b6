import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { DicomDataset } from './dataset.ts';
import { dictionaryVr } from './dictionary.ts';
import { DicomElement, type Fragment } from './element.ts';
import { leadingZerosCount } from './leading-zeros.ts';
import { OpenSequence } from './open-sequence.ts';
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
  /** The innermost. */
  #open: OpenSequence | undefined = undefined;
  /** Zeros up to here were seen, and that something follows them. */
  #zerosEnd = 0;
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
   * Reads elements up to the end, or up to pixel data of the top level where that is passed over; `at` stands then behind its header
   * (undefined length) or its value. False when it stopped before, after `elementsMax` or some more.
   */
  readDataset(target: DicomDataset, elementsMax = wholeObject): boolean {
    const pauseAt = this.elementsCount + elementsMax;
    while (this.elementsCount < pauseAt) {
      if (this.#open !== undefined) this.#readItems(this.#open, pauseAt);
      else if (this.#isAtEnd()) return true;
      else {
        const { tag } = this.#element(target, this.#size);
        if (this.#isHeaderOnly && isPixelDataTag(tag)) return true;
      }
    }
    return false;
  }

  /** Reads elements of group 0002, none of which is a sequence, as `readDataset` does; ends where another group begins. */
  readFileMeta(target: DicomDataset, elementsMax = wholeObject): boolean {
    const pauseAt = this.elementsCount + elementsMax;
    while (this.elementsCount < pauseAt) {
      if (this.#peekGroup() !== 2) return true;
      this.#element(target, this.#size);
    }
    return false;
  }

  /** The element is in the target, or will be once its sequence, open now, is closed. */
  #element(target: DicomDataset, end: number): DicomElement {
    const from = this.at;
    this.#header(end);
    if (this.#vr === '') throw syntaxError(this.at, `${formatTag(this.#tag)} outside a sequence`);
    const element = this.#value(target, end, from);
    this.#count();
    if (element.items === undefined) target.add(element);
    return element;
  }

  #count(): void {
    this.elementsCount += 1;
    if (this.elementsCount > limits.dicomElementsMax) throw tooManyError();
  }

  /** Group 0002 ends where another group begins; its own length element is not believed (it is often missing or wrong). */
  #peekGroup(): number {
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
    // In implicit VR zeros are elements, too, if anything follows: they must not be looked through again from each of them.
    if (this.at < this.#zerosEnd) return false;
    this.#need(left);
    const zeros = leadingZerosCount(this.#bytes.subarray(i));
    this.#zerosEnd = this.at + zeros;
    return zeros === left;
  }

  /** `from` is where the element began, and where it is read again when bytes are missing. */
  #value(target: DicomDataset, end: number, from: number): DicomElement {
    const tag = this.#tag;
    const offset = this.at;
    const length = this.#length;
    if (length === undefinedLength) return this.#undefinedLengthValue(target, end, from);
    this.#check(length, end, tag);
    const vr = this.#resolve(this.#vr, target);
    if (vr !== 'SQ' && this.#isPassedOver(tag, length)) {
      this.at += length;
      return new DicomElement(tag, vr, offset, length, undefined, 0);
    }
    this.#needFrom(from, length);
    const element = new DicomElement(tag, vr, offset, length, this.#bytes, this.#base);
    if (vr === 'SQ') this.#openSequence(element, target, offset + length);
    else this.at += length;
    return element;
  }

  #isPassedOver(tag: number, length: number): boolean {
    if (!this.#isHeaderOnly || this.#open !== undefined) return false;
    return length > this.#deferOverBytes || isPixelDataTag(tag);
  }

  #undefinedLengthValue(target: DicomDataset, end: number, from: number): DicomElement {
    const tag = this.#tag;
    const vr = this.#vr;
    const offset = this.at;
    if (isPixelDataTag(tag) && (vr === 'OB' || vr === 'OW')) {
      if (this.#isHeaderOnly && this.#open === undefined) {
        return new DicomElement(tag, vr, offset, -1, undefined, 0);
      }
      const element = new DicomElement(tag, vr, offset, -1, this.#bytes, this.#base);
      element.fragments = this.#fragments(end, from);
      element.isUndelimited = this.#tag !== tags.sequenceDelimiter;
      return element;
    }
    if (vr !== 'SQ' && vr !== 'UN') {
      throw syntaxError(offset, `undefined length in ${formatTag(tag)} of VR ${vr}`);
    }
    const element = new DicomElement(tag, 'SQ', offset, -1, this.#bytes, this.#base);
    this.#openSequence(element, target, end);
    if (vr === 'UN') {
      // Within it everything is implicit VR little endian, whatever the object is (PS3.5 6.2.2).
      this.#isImplicit = true;
      this.#isBigEndian = false;
    }
    return element;
  }

  #openSequence(element: DicomElement, holder: DicomDataset, end: number): void {
    const open = new OpenSequence(element, holder, end, this.#isImplicit, this.#isBigEndian, this.#open);
    if (open.depth > limits.dicomDepthMax) {
      throw new BitHiveError('BH_DICOM_LIMIT', `sequences nest deeper than ${limits.dicomDepthMax}`);
    }
    this.#open = open;
  }

  #closeSequence({ element, holder, isImplicit, isBigEndian, outer }: OpenSequence): void {
    this.#isImplicit = isImplicit;
    this.#isBigEndian = isBigEndian;
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
      } else if (open.isItemDelimited ? this.#takeItemDelimiter(open.itemEnd) : this.at >= open.itemEnd) {
        open.item = undefined;
      } else {
        this.#element(item, open.itemEnd);
        if (this.#open !== open) return;
      }
    }
  }

  /** False at the end of the sequence. */
  #nextItem(open: OpenSequence): boolean {
    if (!open.isDelimited && this.at >= open.end) return false;
    this.#header(open.end);
    const isDelimiter = this.#tag === tags.sequenceDelimiter;
    if (isDelimiter && open.isDelimited) return false;
    if (!isDelimiter && this.#tag !== tags.item) {
      throw syntaxError(this.at, `${formatTag(this.#tag)} in place of an item`);
    }
    this.#count();
    // A delimiter at the end of a sequence of defined length says nothing new.
    if (isDelimiter) return true;
    const item = new DicomDataset(this.#syntax.uid, this.#isBigEndian, open.holder, undefined);
    open.items.push(item);
    open.isItemDelimited = this.#length === undefinedLength;
    if (!open.isItemDelimited) this.#check(this.#length, open.end, tags.item);
    open.itemEnd = open.isItemDelimited ? open.end : this.at + this.#length;
    open.item = item;
    return true;
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
  #fragments(end: number, from: number): readonly Fragment[] {
    const fragments: Fragment[] = [];
    for (;;) {
      const isEnd = this.at === this.#size && this.#open === undefined && fragments.length > 1;
      if (isEnd) break;
      this.#needFrom(from, Math.min(12, end - this.at));
      this.#header(end);
      if (this.#tag === tags.sequenceDelimiter) break;
      if (this.#tag !== tags.item || this.#length === undefinedLength) {
        throw syntaxError(this.at, `${formatTag(this.#tag)} in place of a fragment of pixel data`);
      }
      this.#check(this.#length, end, tags.item);
      this.#needFrom(from, this.#length);
      fragments.push({ offset: this.at, length: this.#length });
      if (this.elementsCount + fragments.length > limits.dicomElementsMax) throw tooManyError();
      if (this.#open !== undefined && fragments.length > limits.dicomIconFragmentsMax) {
        throw new BitHiveError('BH_DICOM_LIMIT', `an icon of over ${limits.dicomIconFragmentsMax} fragments`);
      }
      this.at += this.#length;
    }
    this.elementsCount += fragments.length;
    return fragments;
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

  /** As `#need`, of what belongs to an element that is read again from its beginning. */
  #needFrom(from: number, length: number): void {
    const until = this.at + length;
    if (until - this.#base <= this.#bytes.length) return;
    this.at = from;
    throw new NeedBytes(until);
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

const tooManyError = (): BitHiveError =>
  new BitHiveError('BH_DICOM_LIMIT', `more than ${limits.dicomElementsMax} elements`);

function syntaxError(offset: number, what: string): BitHiveError {
  return new BitHiveError('BH_DICOM_SYNTAX', `at offset ${offset}: ${what}`);
}
