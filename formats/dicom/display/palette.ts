import { BitHiveError } from '../../../core/errors.ts';
import type { DicomDataset } from '../dataset.ts';
import { type LookupTable, lookupTable } from '../grayscale/lookup-table.ts';
import { formatTag, tags } from '../tags.ts';

/** The three tables of PALETTE COLOR (PS3.3 C.7.6.3.1.5). */
export interface Palette {
  readonly red: LookupTable;
  readonly green: LookupTable;
  readonly blue: LookupTable;
}

/** Plain or segmented (C.7.9.2). Throws BH_DICOM_ATTRIBUTE when a table is missing or does not fit its descriptor. */
export function palette(dataset: DicomDataset): Palette {
  return {
    red: table(dataset, tags.redPaletteDescriptor, tags.redPaletteData, tags.segmentedRedPaletteData),
    green: table(dataset, tags.greenPaletteDescriptor, tags.greenPaletteData, tags.segmentedGreenPaletteData),
    blue: table(dataset, tags.bluePaletteDescriptor, tags.bluePaletteData, tags.segmentedBluePaletteData),
  };
}

function table(
  dataset: DicomDataset,
  descriptorTag: number,
  dataTag: number,
  segmentedTag: number,
): LookupTable {
  const segmented = dataset.get(segmentedTag);
  if (dataset.get(dataTag) !== undefined || segmented === undefined || !segmented.isLoaded) {
    return lookupTable(dataset, descriptorTag, dataTag);
  }
  const [count = 0, firstValue = 0, bits = 16] = dataset.numbers(descriptorTag);
  const entriesCount = count === 0 ? 65536 : count & 0xffff;
  const words = wordsOf(segmented.bytes, bits, dataset.isBigEndian);
  const entries = new Uint16Array(entriesCount);
  if (expand(words, entries) !== entriesCount) {
    throw new BitHiveError(
      'BH_DICOM_ATTRIBUTE',
      `${formatTag(segmentedTag)} does not give ${entriesCount} entries`,
    );
  }
  return { firstValue, bits, entries };
}

function wordsOf(bytes: Uint8Array, bits: number, isBigEndian: boolean): Uint16Array {
  if (bits === 8) return Uint16Array.from(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Uint16Array.from({ length: bytes.length >> 1 }, (_, i) => view.getUint16(i * 2, !isBigEndian));
}

/**
 * Segments (C.7.9.2.2): 0 discrete values, 1 a line from the entry before, 2 a copy of earlier segments, whose place counts words as pydicom
 * and dcm4che read it. Returns how many entries there are; more than the descriptor promises, or what is no segment, is -1. A copy never
 * holds another copy, so that the work is bounded by the entries.
 */
function expand(words: Uint16Array, out: Uint16Array): number {
  let to = 0;
  // A hostile table could copy empty segments for ever.
  let segmentsLeft = 2 * out.length;
  const put = (value: number): void => {
    if (to < out.length) out[to] = value;
    to += 1;
  };
  /** Reads one segment and gives the place of the next; -1 for none. */
  const segment = (at: number, isCopy: boolean): number => {
    const [opcode, count = 0] = words.subarray(at, at + 2);
    segmentsLeft -= 1;
    if (to + count > out.length || segmentsLeft < 0) return -1;
    if (opcode === 0 && at + 2 + count <= words.length) {
      for (let i = 0; i < count; i += 1) put(words[at + 2 + i]!);
      return at + 2 + count;
    }
    if (opcode === 1 && to > 0 && at + 3 <= words.length) {
      const from = out[to - 1]!;
      const step = (words[at + 2]! - from) / count;
      for (let i = 1; i <= count; i += 1) put(Math.round(from + step * i));
      return at + 3;
    }
    if (opcode !== 2 || isCopy || at + 4 > words.length) return -1;
    let inner = words[at + 2]! + words[at + 3]! * 65536;
    for (let i = 0; i < count && inner >= 0; i += 1) inner = inner < at ? segment(inner, true) : -1;
    return inner < 0 ? -1 : at + 4;
  };
  let at = 0;
  while (at < words.length && to < out.length) {
    at = segment(at, false);
    if (at < 0) return -1;
  }
  return to;
}
