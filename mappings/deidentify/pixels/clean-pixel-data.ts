import { BitHiveError } from '../../../core/errors.ts';
import {
  type DicomDataset,
  type EncapsulatedPixels,
  frameGeometry,
  tags,
  type WritableDataset,
} from '../../../formats/dicom/index.ts';
import { numberOf } from '../element-values.ts';
import { withoutComments } from './without-comments.ts';

/**
 * Pixel data without what is no image: comments within the codec's streams, bytes behind the last frame, overlays in bits that the image does not
 * use (PS3.3 C.9.2, retired).
 *
 * @throws BH_DICOM_BURNED_IN when an overlay is within encoded pixels
 */
export function cleanPixelData(original: DicomDataset, dataset: WritableDataset): WritableDataset {
  const element = dataset.get(tags.pixelData);
  if (element === undefined) return dataset;
  const { value } = element;
  const hasOverlay = hasOverlayInPixels(original);
  if (isEncapsulated(value)) {
    if (hasOverlay)
      throw new BitHiveError('BH_DICOM_BURNED_IN', 'an overlay lies in bits of encoded pixel data');
    const [table = new Uint8Array(0), ...fragments] = value.fragments;
    const cleaned = fragments.map(withoutComments);
    if (cleaned.every((one, at) => one === fragments[at])) return dataset;
    const without = new Map(dataset);
    // The offsets are not true any more. An empty table has readers search the frames, which they know how to (PS3.5 A.4).
    for (const tag of [tags.extendedOffsetTable, tags.extendedOffsetTableLengths]) without.delete(tag);
    return without.set(tags.pixelData, {
      vr: element.vr,
      value: { fragments: [table.subarray(0, 0), ...cleaned] },
    });
  }
  if (!(value instanceof Uint8Array)) return dataset;
  const { framesCount, frameBytes, bitsAllocated, bitsStored, highBit } = frameGeometry(original);
  const length = framesCount * frameBytes;
  const shortened = isPacked(dataset) || value.length <= length + 1 ? value : value.subarray(0, length);
  const used =
    hasOverlay && bitsAllocated === 16 ? withoutUnusedBits(shortened, bitsStored, highBit) : shortened;
  if (used === value) return dataset;
  return new Map(dataset).set(tags.pixelData, { vr: element.vr, value: used });
}

const isEncapsulated = (value: unknown): value is EncapsulatedPixels =>
  typeof value === 'object' && value !== null && 'fragments' in value;

/** Pixels of 4:2:2 and of one bit take another number of bytes than the geometry counts. */
function isPacked(dataset: WritableDataset): boolean {
  return numberOf(dataset, tags.bitsAllocated) === 1;
}

/** An overlay plane without data of its own lies in the pixels. */
function hasOverlayInPixels(original: DicomDataset): boolean {
  for (let group = 0x6000; group <= 0x60fe; group += 2) {
    const at = group * 65536;
    if (original.get(at + 0x0010) !== undefined && original.get(at + 0x3000) === undefined) return true;
  }
  return false;
}

function withoutUnusedBits(bytes: Uint8Array, bitsStored: number, highBit: number): Uint8Array {
  const mask = ((2 ** bitsStored - 1) << (highBit + 1 - bitsStored)) & 0xffff;
  const [low, high] = [mask & 0xff, mask >>> 8];
  return bytes.map((byte, at) => byte & (at % 2 === 0 ? low : high));
}
