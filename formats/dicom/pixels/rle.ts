import type { FrameGeometry } from './geometry.ts';
import { checkPossible, pixelsError } from './pixels-error.ts';

const headerBytes = 64;

/**
 * One frame of RLE Lossless (PS3.5 G): a segment per byte of each sample, the high byte first. The result is little endian, in
 * the planar configuration of the object. Throws BH_DICOM_PIXELS.
 */
export function decodeRle(encoded: Uint8Array, geometry: FrameGeometry): Uint8Array {
  const bytesPerSample = Math.max(geometry.bitsAllocated / 8, 1);
  const segmentsCount = geometry.samplesPerPixel * bytesPerSample;
  const offsets = segmentOffsets(encoded, segmentsCount);
  checkPossible(encoded, geometry.frameBytes / 64); // Two bytes give 128 at most.
  const cells = geometry.frameBytes / segmentsCount;
  const out = new Uint8Array(geometry.frameBytes);
  for (let segment = 0; segment < segmentsCount; segment += 1) {
    const sample = Math.floor(segment / bytesPerSample);
    const byte = bytesPerSample - 1 - (segment % bytesPerSample);
    const first = geometry.isPlanar ? sample * cells * bytesPerSample + byte : sample * bytesPerSample + byte;
    const step = geometry.isPlanar ? bytesPerSample : segmentsCount;
    decodeSegment(encoded.subarray(offsets[segment], offsets[segment + 1]), out, first, step, cells);
  }
  return out;
}

/** Where each segment begins, and the end of the last one. */
function segmentOffsets(encoded: Uint8Array, segmentsCount: number): readonly number[] {
  if (encoded.length < headerBytes) throw pixelsError(`an RLE frame of ${encoded.length} bytes`);
  const view = new DataView(encoded.buffer, encoded.byteOffset, headerBytes);
  const count = view.getUint32(0, true);
  if (count !== segmentsCount || count > 15) {
    throw pixelsError(`an RLE frame of ${count} segments where ${segmentsCount} are needed`);
  }
  const offsets: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const offset = view.getUint32(4 + i * 4, true);
    if (offset < (offsets.at(-1) ?? headerBytes) || offset > encoded.length) {
      throw pixelsError(`RLE segment ${i + 1} begins at ${offset} of ${encoded.length}`);
    }
    offsets.push(offset);
  }
  return [...offsets, encoded.length];
}

/** PackBits (PS3.5 G.3.1): n+1 literal bytes, or one byte 1-n times for n from -127 to -1; -128 means nothing. */
function decodeSegment(input: Uint8Array, out: Uint8Array, first: number, step: number, cells: number): void {
  let from = 0;
  let left = cells;
  let to = first;
  while (left > 0 && from < input.length) {
    const control = input[from]!;
    from += 1;
    if (control === 128) continue;
    const run = Math.min(control < 128 ? control + 1 : 257 - control, left);
    if (from + (control < 128 ? run : 1) > input.length) break;
    for (let i = 0; i < run; i += 1, to += step) out[to] = input[control < 128 ? from + i : from]!;
    from += control < 128 ? run : 1;
    left -= run;
  }
  if (left > 0) throw pixelsError(`an RLE segment ends ${left} bytes early`);
}
