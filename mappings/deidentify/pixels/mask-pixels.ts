import { BitHiveError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import {
  type DecodedFrame,
  type DicomDataset,
  decodeFrame,
  frameGeometry,
  tags,
  type WritableDataset,
  type WritableElement,
} from '../../../formats/dicom/index.ts';
import type { MaskRule } from '../policy.ts';

/**
 * The pixel data with the boxes of a rule blackened in every frame, native. Encoded pixels are decoded: what a codec made of the text in the
 * neighbourhood of a box goes with the box only if nothing of the code stays. Throws what `decodeFrame` throws, BH_DICOM_LIMIT when all frames are too
 * large together.
 */
export async function maskedPixels(
  original: DicomDataset,
  dataset: WritableDataset,
  { boxes }: MaskRule,
): Promise<WritableDataset> {
  const geometry = frameGeometry(original);
  const { framesCount, frameBytes } = geometry;
  if (framesCount * frameBytes > limits.dicomPixelBytesMax)
    throw new BitHiveError('BH_DICOM_LIMIT', `${framesCount} frames of ${frameBytes} bytes`);
  const masked = new Map(dataset);
  for (const tag of [tags.extendedOffsetTable, tags.extendedOffsetTableLengths]) masked.delete(tag);
  const bytes = new Uint8Array(framesCount * frameBytes);
  let last: DecodedFrame | undefined;
  for (let at = 0; at < framesCount; at++) {
    const frame = await decodeFrame(original, at);
    if (frame.bitsAllocated === 1)
      throw new BitHiveError('BH_DICOM_BURNED_IN', 'boxes of an image of one bit per pixel');
    const copy = new Uint8Array(
      frame.pixels.buffer,
      frame.pixels.byteOffset,
      frame.pixels.byteLength,
    ).slice();
    for (const box of boxes) blacken(copy, frame, box);
    bytes.set(copy, at * frameBytes);
    last = frame;
  }
  const vr = geometry.bitsAllocated > 8 ? 'OW' : 'OB';
  masked.set(tags.pixelData, { vr, value: bytes });
  return last === undefined ? masked : withLayout(masked, last);
}

/** Decoded colour may be in another order or another space than the object said. */
function withLayout(dataset: Map<number, WritableElement>, frame: DecodedFrame): WritableDataset {
  dataset.set(tags.photometricInterpretation, { vr: 'CS', value: [frame.photometric] });
  if (frame.samplesPerPixel > 1)
    dataset.set(tags.planarConfiguration, { vr: 'US', value: [frame.planar ? 1 : 0] });
  return dataset;
}

function blacken(bytes: Uint8Array, frame: DecodedFrame, box: MaskRule['boxes'][number]): void {
  const { rows, columns, samplesPerPixel, planar, bitsAllocated } = frame;
  const width = bitsAllocated / 8;
  const right = Math.min(columns, box.x + box.width);
  const bottom = Math.min(rows, box.y + box.height);
  if (box.x >= right) return;
  const planes = planar ? samplesPerPixel : 1;
  const pixelBytes = (planar ? 1 : samplesPerPixel) * width;
  const fill = darkest(frame);
  for (let plane = 0; plane < planes; plane++) {
    for (let y = box.y; y < bottom; y++) {
      const row = (plane * rows + y) * columns;
      const from = (row + box.x) * pixelBytes;
      const to = (row + right) * pixelBytes;
      if (fill === undefined) bytes.fill(0, from, to);
      else for (let at = from; at < to; at++) bytes[at] = fill[(at - from) % fill.length] ?? 0;
    }
  }
}

/** Zero is black in most images; in YBR the colours are zero in the middle. Undefined: zero. */
function darkest({ photometric, planar, bitsAllocated }: DecodedFrame): readonly number[] | undefined {
  return photometric.startsWith('YBR') && !planar && bitsAllocated === 8 ? [0, 128, 128] : undefined;
}
