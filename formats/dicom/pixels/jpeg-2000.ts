import createOpenJpeg from '@cornerstonejs/codec-openjpeg/decodewasmjs';
import type { FrameGeometry } from './geometry.ts';
import { checkedJpeg2000Header } from './jpeg-2000-header.ts';
import { fitToAllocation } from './sample-width.ts';
import { wasmCodec } from './wasm-codec.ts';

const run = wasmCodec('JPEG 2000', createOpenJpeg);

/** One frame of JPEG 2000 (ITU-T T.800). Little-endian bytes, colour by pixel, the colour transform undone. Throws BH_DICOM_PIXELS. */
export async function decodeJpeg2000(encoded: Uint8Array, geometry: FrameGeometry): Promise<Uint8Array> {
  const header = checkedJpeg2000Header(encoded, geometry);
  const decoded = await run((module) => {
    const decoder = new module.J2KDecoder();
    try {
      decoder.getEncodedBuffer(encoded.length).set(encoded);
      decoder.decode();
      return new Uint8Array(decoder.getDecodedBuffer());
    } finally {
      decoder.delete();
    }
  });
  return fitToAllocation(decoded, header.precision, geometry, header.isSigned);
}
