import createCharLs from '@cornerstonejs/codec-charls/decodewasmjs';
import type { FrameGeometry } from './geometry.ts';
import { checkedFrameHeader } from './jpeg-frame-header.ts';
import { pixelsError } from './pixels-error.ts';
import { fitToAllocation } from './sample-width.ts';
import { wasmCodec } from './wasm-codec.ts';

const sofJpegLs = 0xf7;
/**
 * Put behind every stream: the decoder looks for a marker where a scan ends and, in a stream that was cut off, runs through its
 * whole address space before it gives up (measured: 12 to 30 s).
 */
const endOfImage = Uint8Array.of(0xff, 0xd9);
const run = wasmCodec('JPEG-LS', createCharLs);

/** One frame of JPEG-LS, lossless or near-lossless (ITU-T T.87). Little-endian bytes, colour by pixel. Throws BH_DICOM_PIXELS. */
export async function decodeJpegLs(encoded: Uint8Array, geometry: FrameGeometry): Promise<Uint8Array> {
  const header = checkedFrameHeader(encoded, geometry);
  if (header.marker !== sofJpegLs) throw pixelsError(`SOF ${header.marker.toString(16)} is not JPEG-LS`);
  let isByComponent = false;
  const decoded = await run((module) => {
    const decoder = new module.JpegLSDecoder();
    try {
      const input = decoder.getEncodedBuffer(encoded.length + endOfImage.length);
      input.set(encoded);
      input.set(endOfImage, encoded.length);
      decoder.decode();
      isByComponent = decoder.getInterleaveMode() === 0;
      return new Uint8Array(decoder.getDecodedBuffer());
    } finally {
      decoder.delete();
    }
  });
  const bytes = fitToAllocation(decoded, header.precision, geometry, false);
  return isByComponent && geometry.samplesPerPixel > 1 ? byPixel(bytes, geometry) : bytes;
}

function byPixel(bytes: Uint8Array, geometry: FrameGeometry): Uint8Array {
  const width = geometry.bitsAllocated / 8;
  const cells = geometry.rows * geometry.columns;
  const out = new Uint8Array(bytes.length);
  for (let sample = 0; sample < geometry.samplesPerPixel; sample += 1) {
    for (let cell = 0; cell < cells; cell += 1) {
      for (let k = 0; k < width; k += 1) {
        out[(cell * geometry.samplesPerPixel + sample) * width + k] =
          bytes[(sample * cells + cell) * width + k]!;
      }
    }
  }
  return out;
}
