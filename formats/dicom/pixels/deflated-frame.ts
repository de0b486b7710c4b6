import { inflateRawSync } from 'node:zlib';
import type { FrameGeometry } from './geometry.ts';
import { pixelsError } from './pixels-error.ts';

/** One frame of Deflated Image Frame Compression: native samples in a raw deflate stream (PS3.5 A.4.13). Throws BH_DICOM_PIXELS. */
export function decodeDeflatedFrame(encoded: Uint8Array, geometry: FrameGeometry): Uint8Array {
  const bytes = inflateOrRefuse(encoded, geometry.frameBytes + 1);
  if (bytes.length < geometry.frameBytes) {
    throw pixelsError(`the deflated frame has ${bytes.length} bytes where ${geometry.frameBytes} are needed`);
  }
  return bytes.subarray(0, geometry.frameBytes);
}

function inflateOrRefuse(encoded: Uint8Array, maxOutputLength: number): Uint8Array {
  try {
    return inflateRawSync(encoded, { maxOutputLength });
  } catch (error) {
    throw pixelsError('the deflated frame is broken or larger than the image', error);
  }
}
