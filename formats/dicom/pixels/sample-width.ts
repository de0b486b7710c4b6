import type { FrameGeometry } from './geometry.ts';
import { pixelsError } from './pixels-error.ts';

/**
 * Codecs give one byte per sample up to 8 bits of precision and two above; Bits Allocated may ask for more. Samples are widened,
 * with their sign where they have one; a size that fits neither is BH_DICOM_PIXELS.
 */
export function fitToAllocation(
  bytes: Uint8Array,
  precision: number,
  geometry: FrameGeometry,
  isSigned: boolean,
): Uint8Array {
  if (bytes.length === geometry.frameBytes) return bytes;
  if (precision > 8 || bytes.length * 2 !== geometry.frameBytes || geometry.bitsAllocated !== 16) {
    throw pixelsError(`the codec gave ${bytes.length} bytes where ${geometry.frameBytes} are needed`);
  }
  const out = new Uint8Array(geometry.frameBytes);
  for (let i = 0; i < bytes.length; i += 1) {
    out[i * 2] = bytes[i]!;
    out[i * 2 + 1] = isSigned && bytes[i]! >= 128 ? 0xff : 0;
  }
  return out;
}
