import { assert } from '../../../core/assert.ts';
import { formatTag, tags } from '../tags.ts';
import { vrTraits } from '../vr.ts';
import { ByteChunks } from './byte-chunks.ts';
import { encodeValue } from './encode-value.ts';
import type { EncapsulatedPixels, WritableDataset, WritableElement } from './writable.ts';

export interface WriteOptions {
  /** VR in the element's header, or left to the reader's dictionary. */
  readonly explicit: boolean;
  readonly littleEndian: boolean;
}

const undefinedLength = 0xffffffff;
/** The longest even length of a VR whose length takes 16 bits (PS3.5 7.1.2). */
const shortLengthMax = 0xfffe;

/** Elements in the order of their tags; sequences and items with their lengths (PS3.5 7.5). */
export function encodeElements(dataset: WritableDataset, options: WriteOptions): ByteChunks {
  const chunks = new ByteChunks();
  for (const tag of [...dataset.keys()].sort((a, b) => a - b)) {
    const element = dataset.get(tag);
    if (element !== undefined) writeElement(chunks, tag, element, options);
  }
  return chunks;
}

function writeElement(
  chunks: ByteChunks,
  tag: number,
  element: WritableElement,
  options: WriteOptions,
): void {
  const { value, vr } = element;
  if (isEncapsulated(value)) {
    assert(options.explicit && options.littleEndian, 'encapsulated pixel data in a native syntax');
    chunks.push(header(tag, vr, undefinedLength, options));
    for (const fragment of value.fragments) {
      chunks.push(tagAndLength(tags.item, fragment.length + (fragment.length % 2), true), fragment);
      if (fragment.length % 2 === 1) chunks.push(Uint8Array.of(0));
    }
    chunks.push(tagAndLength(tags.sequenceDelimiter, 0, true));
    return;
  }
  if (vr === 'SQ') {
    const items = encodeItems(tag, value, options);
    chunks.push(header(tag, vr, items.length, options));
    chunks.append(items);
    return;
  }
  const bytes = encodeValue(tag, element, options.littleEndian);
  chunks.push(header(tag, vr, bytes.length, options), bytes);
}

function encodeItems(tag: number, value: WritableElement['value'], options: WriteOptions): ByteChunks {
  const chunks = new ByteChunks();
  assert(Array.isArray(value), `${formatTag(tag)} is a sequence without items`);
  for (const item of value as readonly unknown[]) {
    assert(item instanceof Map, `${formatTag(tag)} is a sequence with a value that is no item`);
    const body = encodeElements(item, options);
    chunks.push(tagAndLength(tags.item, body.length, options.littleEndian));
    chunks.append(body);
  }
  return chunks;
}

/** A value too long for its VR's 16 bits is written as UN, which says what it is by the dictionary (PS3.5 6.2.2, note 5). */
function header(tag: number, vr: string, length: number, options: WriteOptions): Uint8Array {
  if (!options.explicit) return tagAndLength(tag, length, options.littleEndian);
  const isShort = !vrTraits(vr).isLong;
  const written = isShort && length > shortLengthMax ? 'UN' : vr;
  const bytes = new Uint8Array(isShort && written === vr ? 8 : 12);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, tag >>> 16, options.littleEndian);
  view.setUint16(2, tag & 0xffff, options.littleEndian);
  bytes[4] = written.charCodeAt(0);
  bytes[5] = written.charCodeAt(1);
  if (bytes.length === 8) view.setUint16(6, length, options.littleEndian);
  else view.setUint32(8, length, options.littleEndian);
  return bytes;
}

function tagAndLength(tag: number, length: number, isLittleEndian: boolean): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, tag >>> 16, isLittleEndian);
  view.setUint16(2, tag & 0xffff, isLittleEndian);
  view.setUint32(4, length, isLittleEndian);
  return bytes;
}

export function isEncapsulated(value: WritableElement['value']): value is EncapsulatedPixels {
  return 'fragments' in value;
}
