import { assert } from '../../../core/assert.ts';
import { tags } from '../tags.ts';
import { vrTraits } from '../vr.ts';
import { encodeElements, isEncapsulated, type WriteOptions } from './encode-elements.ts';
import type { WritableDataset } from './writable.ts';

/**
 * The bytes of a data set without preamble and group 0002: elements in the order of their tags, sequences and items with their lengths
 * (PS3.5 7.5). Text is UTF-8: where it is more than ASCII, or (0008,0005) is there, (0008,0005) becomes ISO_IR 192.
 */
export function writeDataset(dataset: WritableDataset, options: WriteOptions): Uint8Array {
  assert(![...dataset.keys()].some((tag) => tag >>> 16 === 2), 'group 0002 belongs to the file');
  return encodeElements(withCharacterSet(dataset), options).bytes();
}

function withCharacterSet(dataset: WritableDataset): WritableDataset {
  if (!dataset.has(tags.specificCharacterSet) && !hasWideText(dataset)) return dataset;
  return new Map(dataset).set(tags.specificCharacterSet, { vr: 'CS', value: ['ISO_IR 192'] });
}

function hasWideText(dataset: WritableDataset): boolean {
  for (const { vr, value } of dataset.values()) {
    if (value instanceof Uint8Array || isEncapsulated(value)) continue;
    if (vr === 'SQ') {
      if ((value as readonly WritableDataset[]).some(hasWideText)) return true;
    } else if (vrTraits(vr).text === 'charset') {
      if (value.some((text) => typeof text === 'string' && /[^\x00-\x7f]/.test(text))) return true;
    }
  }
  return false;
}
