import createOpenJph from '@cornerstonejs/codec-openjph/wasmjs';
import type { FrameGeometry } from './geometry.ts';
import { type Jpeg2000Result, jpeg2000Result, openJpegBytes } from './jpeg-2000.ts';
import { checkedJpeg2000Header, type Jpeg2000Header } from './jpeg-2000-header.ts';
import { wasmCodec } from './wasm-codec.ts';

const run = wasmCodec('HTJ2K', createOpenJph);

/**
 * One frame of high throughput JPEG 2000 (ITU-T T.814), lossless or not. OpenJPH needs a fifth of the time of OpenJPEG, but gives wrong samples
 * for colour of more than 8 bits: that goes to OpenJPEG. Throws BH_DICOM_PIXELS.
 */
export async function decodeHtj2k(encoded: Uint8Array, geometry: FrameGeometry): Promise<Jpeg2000Result> {
  const header = checkedJpeg2000Header(encoded, geometry);
  const decoded = isWithinOpenJph(header, geometry)
    ? await openJphBytes(encoded)
    : await openJpegBytes(encoded, header, geometry);
  return jpeg2000Result(decoded, header, geometry);
}

function isWithinOpenJph(header: Jpeg2000Header, { samplesPerPixel }: FrameGeometry): boolean {
  if (samplesPerPixel === 1) return header.precision <= 16 && !(header.isSigned && header.precision <= 8);
  return samplesPerPixel === 3 && header.precision <= 8 && !header.isSigned;
}

function openJphBytes(encoded: Uint8Array): Promise<Uint8Array> {
  return run((module) => {
    const decoder = new module.HTJ2KDecoder();
    try {
      decoder.getEncodedBuffer(encoded.length).set(encoded);
      decoder.decode();
      // A fault is kept and not thrown. Nothing is what the caller refuses.
      return decoder.getLastErrorMessage() === ''
        ? new Uint8Array(decoder.getDecodedBuffer())
        : new Uint8Array(0);
    } finally {
      decoder.delete();
    }
  });
}
