import { BitHiveError } from '../../../core/errors.ts';
import type { DicomDataset } from '../dataset.ts';
import { formatTag } from '../tags.ts';

/** A LUT of PS3.3 C.11.1.1.1 and C.7.6.3.1.5: `firstValue` maps to the first entry, all below too, all above to the last. */
export interface LookupTable {
  readonly firstValue: number;
  /** Entries go from 0 to 2^bits - 1. */
  readonly bits: number;
  readonly entries: Uint8Array | Uint16Array;
}

/** Reads descriptor and data. Throws BH_DICOM_ATTRIBUTE when they do not fit each other. */
export function lookupTable(dataset: DicomDataset, descriptorTag: number, dataTag: number): LookupTable {
  const [count = 0, first = 0, bits = 0] = dataset.numbers(descriptorTag);
  const entriesCount = count === 0 ? 65536 : count & 0xffff;
  const element = dataset.get(dataTag);
  const isDescribed = dataset.numbers(descriptorTag).length === 3 && bits >= 8 && bits <= 16;
  if (!isDescribed || element === undefined || !element.isLoaded) {
    throw new BitHiveError('BH_DICOM_ATTRIBUTE', `${formatTag(descriptorTag)} describes no lookup table`);
  }
  const entries = readEntries(element.bytes, entriesCount, dataset.isBigEndian);
  if (entries === undefined) {
    throw new BitHiveError(
      'BH_DICOM_ATTRIBUTE',
      `${formatTag(dataTag)} has ${element.bytes.length} bytes for ${entriesCount} entries`,
    );
  }
  // The second number has the sign of the pixels whatever VR a writer gave it.
  const isNegative = dataset.hasSignedPixels && first > 0x7fff;
  return { firstValue: isNegative ? first - 65536 : first, bits, entries };
}

/** Entries of 8 bits may be packed two to a word (C.7.6.3.1.6). */
function readEntries(
  bytes: Uint8Array,
  count: number,
  isBigEndian: boolean,
): LookupTable['entries'] | undefined {
  if (bytes.length >= count * 2) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return Uint16Array.from({ length: count }, (_, i) => view.getUint16(i * 2, !isBigEndian));
  }
  return bytes.length >= count && !isBigEndian ? bytes.subarray(0, count) : undefined;
}

export function lookUp(table: LookupTable, value: number): number {
  const index = Math.round(value) - table.firstValue;
  return table.entries[Math.min(Math.max(index, 0), table.entries.length - 1)]!;
}
