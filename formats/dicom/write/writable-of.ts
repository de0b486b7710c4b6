import type { DicomDataset } from '../dataset.ts';
import type { DicomElement } from '../element.ts';
import { isPixelDataTag, tags } from '../tags.ts';
import { readTexts } from '../text-values.ts';
import { explicitLittleEndian, transferSyntax } from '../transfer-syntax.ts';
import { vrTraits } from '../vr.ts';
import { swapped, unitBytes } from './encode-value.ts';
import type { WritableDataset, WritableElement } from './writable.ts';

/**
 * A data set that was read, ready to be changed and written again: nested sequences, private and unknown elements, encapsulated pixel data
 * fragment by fragment. Text VRs become strings; numeric VRs, UN and pixel data stay bytes (little endian), so that nothing is lost to
 * a number that is none. Group lengths are left out (retired, and untrue after a change), as is group 0002, which belongs to the file.
 * The data set must have been read whole (`readDataset`).
 */
export function writableOf(dataset: DicomDataset): WritableDataset {
  const written = new Map<number, WritableElement>();
  for (const element of dataset.elements) {
    const isGroupLength = (element.tag & 0xffff) === 0 && element.tag !== 0;
    if (element.tag >>> 16 === 2 || isGroupLength) continue;
    // What is written is UTF-8 throughout: an item's own character set would say otherwise.
    const isInItem = dataset.isItem && element.tag === tags.specificCharacterSet;
    if (!isInItem) written.set(element.tag, writableElement(element, dataset));
  }
  return hasOddFragment(written) ? withoutOffsetTables(written) : written;
}

/** The transfer syntax that what `writableOf` gives is written in: native stays native, a codec's fragments stay what they are. */
export function writableSyntax(transferSyntaxUid: string): string {
  const { codec } = transferSyntax(transferSyntaxUid);
  return codec === 'native' ? explicitLittleEndian : transferSyntaxUid;
}

function writableElement(element: DicomElement, dataset: DicomDataset): WritableElement {
  const { vr, items, fragments } = element;
  if (items !== undefined) return { vr: 'SQ', value: items.map(writableOf) };
  if (fragments !== undefined) {
    return { vr, value: { fragments: fragments.map(({ offset, length }) => element.slice(offset, length)) } };
  }
  if (vrTraits(vr).text !== null) return { vr, value: readTexts(element, dataset) };
  const { bytes } = element;
  return { vr, value: dataset.isBigEndian ? swapped(bytes, unitBytes(vr)) : bytes };
}

function hasOddFragment(dataset: WritableDataset): boolean {
  for (const [tag, { value }] of dataset) {
    if (isPixelDataTag(tag) && 'fragments' in value)
      return value.fragments.some((one) => one.length % 2 === 1);
  }
  return false;
}

/** An odd fragment gets a byte of padding, and the offsets behind it would point before their frames: without them, readers search. */
function withoutOffsetTables(dataset: ReadonlyMap<number, WritableElement>): WritableDataset {
  const rest = new Map(dataset);
  rest.delete(tags.extendedOffsetTable);
  rest.delete(tags.extendedOffsetTableLengths);
  const pixels = rest.get(tags.pixelData);
  if (pixels !== undefined && 'fragments' in pixels.value) {
    const [, ...fragments] = pixels.value.fragments;
    rest.set(tags.pixelData, { vr: pixels.vr, value: { fragments: [new Uint8Array(0), ...fragments] } });
  }
  return rest;
}
