import { BitHiveError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import type { DicomDataset } from '../dataset.ts';
import type { Fragment } from '../element.ts';
import { tags } from '../tags.ts';
import type { PixelBytes } from './pixel-bytes.ts';
import { pixelsError } from './pixels-error.ts';

/** Gives the encoded bytes of a frame, counted from 0. */
export type EncodedFrames = (frame: number) => Promise<Uint8Array>;

/**
 * Finds which fragments of encapsulated pixel data are which frame (PS3.5 A.4): one each, by the basic or extended offset table, or
 * by the start markers of the codec. `items`: the basic offset table, then the fragments.
 * Throws BH_DICOM_PIXELS when frames and fragments do not fit, BH_DICOM_LIMIT when one frame is over `limits.dicomPixelBytesMax`.
 */
export async function encodedFrames(
  dataset: DicomDataset,
  pixels: PixelBytes,
  items: readonly Fragment[],
  framesCount: number,
): Promise<EncodedFrames> {
  const [table, ...fragments] = items;
  if (table === undefined || fragments.length < framesCount) {
    throw pixelsError(`${framesCount} frames in ${fragments.length} fragments`);
  }
  if (framesCount === 1) return () => join(pixels, fragments);
  if (fragments.length === framesCount) return (frame) => join(pixels, fragments.slice(frame, frame + 1));
  const starts =
    startsByOffsets(await basicOffsets(pixels, table), table, fragments, framesCount) ??
    startsByOffsets(dataset.numbers(tags.extendedOffsetTable), table, fragments, framesCount) ??
    (await startsByMarker(pixels, fragments, framesCount));
  if (starts === undefined) {
    const name = dataset.transferSyntaxUid;
    throw pixelsError(
      `${fragments.length} fragments of ${name} cannot be told apart into ${framesCount} frames`,
    );
  }
  return (frame) => join(pixels, fragments.slice(starts[frame], starts[frame + 1]));
}

async function basicOffsets(pixels: PixelBytes, table: Fragment): Promise<readonly number[]> {
  const bytes = await pixels.read(table.offset, table.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => view.getUint32(i * 4, true));
}

/** Offsets count from the first byte behind the table; each must be that of an item, ascending. */
function startsByOffsets(
  offsets: readonly number[],
  table: Fragment,
  fragments: readonly Fragment[],
  framesCount: number,
): readonly number[] | undefined {
  if (offsets.length !== framesCount) return undefined;
  const origin = table.offset + table.length;
  const indexByOffset = new Map(fragments.map((fragment, index) => [fragment.offset - 8 - origin, index]));
  const starts: number[] = [];
  for (const offset of offsets) {
    const index = indexByOffset.get(offset);
    if (index === undefined || index <= (starts.at(-1) ?? -1)) return undefined;
    starts.push(index);
  }
  return starts[0] === 0 ? starts : undefined;
}

/** A frame begins with SOI (FF D8) or, in JPEG 2000, SOC (FF 4F); both are impossible at the start of a later fragment's entropy data. */
async function startsByMarker(
  pixels: PixelBytes,
  fragments: readonly Fragment[],
  framesCount: number,
): Promise<readonly number[] | undefined> {
  const starts: number[] = [];
  for (const [index, fragment] of fragments.entries()) {
    const [first, second] = await pixels.read(fragment.offset, Math.min(fragment.length, 2));
    if (first === 0xff && (second === 0xd8 || second === 0x4f)) starts.push(index);
  }
  return starts.length === framesCount && starts[0] === 0 ? starts : undefined;
}

async function join(pixels: PixelBytes, fragments: readonly Fragment[]): Promise<Uint8Array> {
  const length = fragments.reduce((sum, fragment) => sum + fragment.length, 0);
  if (length > limits.dicomPixelBytesMax) {
    throw new BitHiveError(
      'BH_DICOM_LIMIT',
      `an encoded frame has ${length} bytes, the limit is ${limits.dicomPixelBytesMax}`,
    );
  }
  const [only] = fragments;
  if (only !== undefined && fragments.length === 1) return pixels.read(only.offset, only.length);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const fragment of fragments) {
    bytes.set(await pixels.read(fragment.offset, fragment.length), at);
    at += fragment.length;
  }
  return bytes;
}
