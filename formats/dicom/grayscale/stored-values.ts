import type { DecodedFrame } from '../pixels/decoded-frame.ts';

/**
 * Samples of a one-sample frame as numbers, one per pixel: the bits from High Bit down to Bits Stored (overlay bits above are cut
 * off), with their sign (PS3.5 8.1.1); 1-bit frames unpacked to 0 and 1.
 */
export function storedValues(frame: DecodedFrame): Float32Array {
  const count = frame.rows * frame.columns * frame.samplesPerPixel;
  const { pixels } = frame;
  const out = new Float32Array(count);
  if (frame.bitsAllocated === 1) {
    for (let i = 0; i < count; i += 1) out[i] = (pixels[i >> 3]! >> (i & 7)) & 1;
    return out;
  }
  if (pixels instanceof Float32Array || pixels instanceof Float64Array || frame.bitsStored >= 32) {
    out.set(pixels.subarray(0, count));
    return out;
  }
  // Shifting the sign bit up to bit 31 and back down extends it; the unsigned shift fills with zeros.
  const up = 31 - frame.highBit;
  const down = 32 - frame.bitsStored;
  if (frame.signed) for (let i = 0; i < count; i += 1) out[i] = (pixels[i]! << up) >> down;
  else for (let i = 0; i < count; i += 1) out[i] = (pixels[i]! << up) >>> down;
  return out;
}
