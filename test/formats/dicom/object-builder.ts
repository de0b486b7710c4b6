import { deflateRawSync } from 'node:zlib';
import {
  deflatedExplicitLittleEndian,
  explicitLittleEndian,
  transferSyntax,
} from '../../../formats/dicom/transfer-syntax.ts';
import { vrTraits } from '../../../formats/dicom/vr.ts';

/** One element to be written: text, numbers of the VR, bytes, or items. */
export interface BuiltElement {
  readonly tag: number;
  readonly vr: string;
  readonly value: string | readonly number[] | Uint8Array | readonly (readonly BuiltElement[])[];
  /** Sequence and items end with delimiters instead of lengths; bytes are written as encapsulated fragments of this size. */
  readonly isDelimited?: boolean;
  /** Written instead of the true length. */
  readonly lie?: number;
}

export interface Encoding {
  readonly isImplicit: boolean;
  readonly isBigEndian: boolean;
}

export const el = (tag: number, vr: string, value: BuiltElement['value'] = ''): BuiltElement => ({
  tag,
  vr,
  value,
});

const undefinedLength = 0xffffffff;

class Writer {
  readonly parts: Buffer[] = [];
  readonly encoding: Encoding;
  constructor(encoding: Encoding) {
    this.encoding = encoding;
  }
  number(value: number, bytesCount: 2 | 4): void {
    const part = Buffer.alloc(bytesCount);
    if (this.encoding.isBigEndian) part.writeUIntBE(value, 0, bytesCount);
    else part.writeUIntLE(value, 0, bytesCount);
    this.parts.push(part);
  }
  tag(tag: number): void {
    this.number(tag >>> 16, 2);
    this.number(tag & 0xffff, 2);
  }
  bytes(bytes: Uint8Array): void {
    this.parts.push(Buffer.from(bytes));
  }
  finish(): Buffer {
    return Buffer.concat(this.parts);
  }
}

export function encodeElements(elements: readonly BuiltElement[], encoding: Encoding): Buffer {
  const writer = new Writer(encoding);
  for (const element of elements) writeElement(writer, element);
  return writer.finish();
}

function writeElement(writer: Writer, element: BuiltElement): void {
  const { isImplicit } = writer.encoding;
  const value = encodeValue(element, writer.encoding);
  const isSequence = isItems(element.value);
  const length = element.lie ?? (element.isDelimited ? undefinedLength : value.length);
  writer.tag(element.tag);
  if (isImplicit) writer.number(length, 4);
  else {
    writer.bytes(Buffer.from(element.vr, 'latin1'));
    if (vrTraits(element.vr).isLong) {
      writer.number(0, 2);
      writer.number(length, 4);
    } else writer.number(length, 2);
  }
  writer.bytes(value);
  if (element.isDelimited && (isSequence || element.value instanceof Uint8Array)) {
    writer.tag(0xfffee0dd);
    writer.number(0, 4);
  }
}

const isItems = (value: BuiltElement['value']): value is readonly (readonly BuiltElement[])[] =>
  Array.isArray(value) && value.every((item) => Array.isArray(item)) && value.length > 0;

function encodeValue(element: BuiltElement, encoding: Encoding): Buffer {
  const { value, vr } = element;
  if (isItems(value)) return encodeItems(value, element.isDelimited === true, encoding);
  if (typeof value === 'string') return pad(Buffer.from(value, 'latin1'), vr === 'UI' ? 0 : 0x20);
  if (value instanceof Uint8Array) return Buffer.from(value);
  return encodeNumbers(value as readonly number[], vr, !encoding.isBigEndian);
}

function encodeItems(
  items: readonly (readonly BuiltElement[])[],
  isDelimited: boolean,
  encoding: Encoding,
): Buffer {
  const writer = new Writer(encoding);
  for (const item of items) {
    const body = encodeElements(item, encoding);
    writer.tag(0xfffee000);
    writer.number(isDelimited ? undefinedLength : body.length, 4);
    writer.bytes(body);
    if (isDelimited) {
      writer.tag(0xfffee00d);
      writer.number(0, 4);
    }
  }
  return writer.finish();
}

const pad = (bytes: Buffer, filler: number): Buffer =>
  bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.of(filler)]);

const widths: Readonly<Record<string, number>> = { FD: 8, FL: 4, SL: 4, SS: 2, UL: 4, US: 2, OW: 2 };

function encodeNumbers(numbers: readonly number[], vr: string, le: boolean): Buffer {
  const width = widths[vr] ?? 2;
  const view = new DataView(new ArrayBuffer(numbers.length * width));
  for (const [i, n] of numbers.entries()) {
    const at = i * width;
    if (vr === 'FD') view.setFloat64(at, n, le);
    else if (vr === 'FL') view.setFloat32(at, n, le);
    else if (width === 4) view.setInt32(at, n, le);
    else view.setInt16(at, n, le);
  }
  return Buffer.from(view.buffer);
}

/** Encapsulated pixel data: a basic offset table (empty unless given) and fragments. */
export function encapsulated(fragments: readonly Uint8Array[], table: readonly number[] = []): BuiltElement {
  const writer = new Writer({ isImplicit: false, isBigEndian: false });
  const offsets = Buffer.alloc(table.length * 4);
  for (const [i, offset] of table.entries()) offsets.writeUInt32LE(offset, i * 4);
  for (const fragment of [offsets, ...fragments]) {
    writer.tag(0xfffee000);
    writer.number(fragment.length, 4);
    writer.bytes(fragment);
  }
  return { tag: 0x7fe00010, vr: 'OB', value: new Uint8Array(writer.finish()), isDelimited: true };
}

export interface FileOptions {
  readonly transferSyntaxUid?: string;
  readonly meta?: readonly BuiltElement[];
  readonly withoutPreamble?: boolean;
  readonly withoutMeta?: boolean;
}

/** A PS3.10 file. */
export function dicomFile(elements: readonly BuiltElement[], options: FileOptions = {}): Buffer {
  const uid = options.transferSyntaxUid ?? explicitLittleEndian;
  const meta = options.meta ?? [
    el(0x00020001, 'OB', Uint8Array.of(0, 1)),
    el(0x00020010, 'UI', uid),
    el(0x00020012, 'UI', '1.2.3'),
  ];
  const body = encodeElements(elements, transferSyntax(uid));
  return Buffer.concat([
    options.withoutPreamble ? Buffer.alloc(0) : Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')]),
    options.withoutMeta ? Buffer.alloc(0) : encodeElements(meta, { isImplicit: false, isBigEndian: false }),
    uid === deflatedExplicitLittleEndian ? deflateRawSync(body) : body,
  ]);
}

export interface ImageOptions {
  readonly rows?: number;
  readonly columns?: number;
  readonly samples?: number;
  readonly bits?: number;
  readonly stored?: number;
  readonly signed?: boolean;
  readonly planar?: boolean;
  readonly frames?: number;
  readonly photometric?: string;
  readonly before?: readonly BuiltElement[];
}

/** The elements of an image object around its pixel data. */
export function imageElements(pixels: BuiltElement, options: ImageOptions = {}): readonly BuiltElement[] {
  const { rows = 2, columns = 2, samples = 1, bits = 8, stored = bits } = options;
  return [
    el(0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.7'),
    el(0x00080018, 'UI', '1.2.3.4'),
    el(0x00080060, 'CS', 'OT'),
    el(0x0020000d, 'UI', '1.2.3.1'),
    el(0x0020000e, 'UI', '1.2.3.2'),
    el(0x00280002, 'US', [samples]),
    el(0x00280004, 'CS', options.photometric ?? 'MONOCHROME2'),
    ...(samples > 1 ? [el(0x00280006, 'US', [options.planar ? 1 : 0])] : []),
    ...(options.frames ? [el(0x00280008, 'IS', String(options.frames))] : []),
    el(0x00280010, 'US', [rows]),
    el(0x00280011, 'US', [columns]),
    el(0x00280100, 'US', [bits]),
    el(0x00280101, 'US', [stored]),
    el(0x00280102, 'US', [stored - 1]),
    el(0x00280103, 'US', [options.signed ? 1 : 0]),
    ...(options.before ?? []),
    pixels,
  ];
}
