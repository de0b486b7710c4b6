import { BitHiveError } from '../../core/errors.ts';
import { dictionaryVr } from './dictionary.ts';
import { leadingZerosCount } from './leading-zeros.ts';
import { formatTag } from './tags.ts';
import type { TransferSyntax } from './transfer-syntax.ts';
import { fileMetaVrs, vrOfBytes } from './vr.ts';

/** Signal, not an error: the bytes up to this offset exist in the object but are not in the window yet. */
export class NeedBytes {
  readonly untilOffset: number;
  constructor(untilOffset: number) {
    this.untilOffset = untilOffset;
  }
}

/**
 * Stands at a place in a window of an object's bytes and reads what every element begins with (PS3.5 7.1): tag, VR and length, each checked
 * against the object before it is believed. All offsets are absolute.
 */
export class ElementCursor {
  at = 0;
  /** Of the header that was read last. */
  tag = 0;
  vr = '';
  length = 0;
  isImplicit: boolean;
  isBigEndian: boolean;
  /** From `base` on, as far as they are in the window. */
  bytes: Uint8Array = new Uint8Array(0);
  base = 0;
  readonly size: number;
  /** Zeros up to here were seen, and that something follows them. */
  #zerosEnd = 0;

  /** @param size bytes of the object */
  constructor(syntax: TransferSyntax, size: number) {
    this.size = size;
    this.isImplicit = syntax.isImplicit;
    this.isBigEndian = syntax.isBigEndian;
  }

  /** `bytes` are those of the object from offset `base` on. */
  setWindow(bytes: Uint8Array, base: number): void {
    this.bytes = bytes;
    this.base = base;
  }

  /** Group 0002 ends where another group begins; its own length element is not believed (it is often missing or wrong). */
  peekGroup(): number {
    if (this.at + 8 > this.size) return -1;
    this.need(8);
    return this.#u16(this.at - this.base);
  }

  /** Zeros up to the end are padding that some writers add; no data element has the tag (0000,0000) in a file. */
  isAtEnd(): boolean {
    const left = this.size - this.at;
    if (left === 0) return true;
    this.need(Math.min(left, 4));
    const i = this.at - this.base;
    for (let k = 0; k < Math.min(left, 4); k += 1) if (this.bytes[i + k] !== 0) return false;
    // In implicit VR zeros are elements, too, if anything follows: they must not be looked through again from each of them.
    if (this.at < this.#zerosEnd) return false;
    this.need(left);
    const zeros = leadingZerosCount(this.bytes.subarray(i));
    this.#zerosEnd = this.at + zeros;
    return zeros === left;
  }

  takeItemDelimiter(end: number): boolean {
    if (this.at + 8 > end) throw this.shortError(8, end);
    this.need(8);
    const i = this.at - this.base;
    if (this.#u16(i) !== 0xfffe || this.#u16(i + 2) !== 0xe00d) return false;
    this.at += 8;
    return true;
  }

  /** Reads tag, VR and length and moves to the value. */
  header(end: number): void {
    if (this.at + 8 > end) throw this.shortError(8, end);
    this.need(8);
    const i = this.at - this.base;
    const bytes = this.bytes;
    const group = this.#u16(i);
    this.tag = group * 65536 + this.#u16(i + 2);
    if (group === 0xfffe || this.isImplicit) {
      this.vr = group === 0xfffe ? '' : dictionaryVr(this.tag);
      this.length = this.#u32(i + 4);
      this.at += 8;
      return;
    }
    const traits = vrOfBytes(bytes[i + 4]!, bytes[i + 5]!);
    if (traits === undefined || (group === 2 && !fileMetaVrs.has(traits.vr))) {
      throw syntaxError(this.at, `${formatTag(this.tag)} has no valid VR`);
    }
    this.vr = traits.vr;
    if (!traits.isLong) {
      this.length = this.#u16(i + 6);
      this.at += 8;
      return;
    }
    if (this.at + 12 > end) throw this.shortError(12, end);
    this.need(12);
    this.length = this.#u32(this.at - this.base + 8);
    this.at += 12;
  }

  check(length: number, end: number, tag: number): void {
    if (this.at + length <= end) return;
    if (this.at + length > this.size) {
      throw new BitHiveError(
        'BH_DICOM_TRUNCATED',
        `${formatTag(tag)} at ${this.at} has ${length} bytes, the object ends at ${this.size}`,
      );
    }
    throw syntaxError(this.at, `${formatTag(tag)} of ${length} bytes is longer than what holds it`);
  }

  need(length: number): void {
    const until = this.at + length;
    if (until - this.base > this.bytes.length) throw new NeedBytes(until);
  }

  /** As `need`, of what belongs to an element that is read again from its beginning. */
  needFrom(from: number, length: number): void {
    const until = this.at + length;
    if (until - this.base <= this.bytes.length) return;
    this.at = from;
    throw new NeedBytes(until);
  }

  shortError(length: number, end: number): BitHiveError {
    if (this.at + length > this.size) {
      return new BitHiveError('BH_DICOM_TRUNCATED', `the object ends at ${this.size}, within an element`);
    }
    return syntaxError(this.at, `an element crosses ${end}, the end of what holds it`);
  }

  #u16(i: number): number {
    const low = this.bytes[i]!;
    const high = this.bytes[i + 1]!;
    return this.isBigEndian ? low * 256 + high : low + high * 256;
  }

  #u32(i: number): number {
    const a = this.#u16(i);
    const b = this.#u16(i + 2);
    return this.isBigEndian ? a * 65536 + b : a + b * 65536;
  }
}

export function syntaxError(offset: number, what: string): BitHiveError {
  return new BitHiveError('BH_DICOM_SYNTAX', `at offset ${offset}: ${what}`);
}
