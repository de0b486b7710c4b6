import { BitHiveError } from '../../../core/errors.ts';
import { tags } from '../tags.ts';
import type { Samples } from './decoded-frame.ts';
import type { FrameGeometry } from './geometry.ts';

/** A typed array over the bytes of a frame; copied where they do not lie on a multiple of its width. `tag` is that of the pixel data. */
export function typedSamples(bytes: Uint8Array, tag: number, geometry: FrameGeometry): Samples {
  const width = Math.max(geometry.bitsAllocated / 8, 1);
  const own = bytes.byteOffset % width === 0 ? bytes : bytes.slice();
  const count = Math.floor(own.length / width);
  const { buffer, byteOffset } = own;
  const signed = geometry.isSigned;
  if (tag === tags.floatPixelData && width === 4) return new Float32Array(buffer, byteOffset, count);
  if (tag === tags.doubleFloatPixelData && width === 8) return new Float64Array(buffer, byteOffset, count);
  if (width === 1 && tag === tags.pixelData) {
    return signed && geometry.bitsAllocated === 8 ? new Int8Array(buffer, byteOffset, count) : own;
  }
  if (width === 2) {
    return signed ? new Int16Array(buffer, byteOffset, count) : new Uint16Array(buffer, byteOffset, count);
  }
  if (width === 4) {
    return signed ? new Int32Array(buffer, byteOffset, count) : new Uint32Array(buffer, byteOffset, count);
  }
  throw new BitHiveError(
    'BH_DICOM_ATTRIBUTE',
    `${geometry.bitsAllocated} bits allocated for this kind of pixel data`,
  );
}
