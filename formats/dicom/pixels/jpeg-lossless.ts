import lossless from 'jpeg-lossless-decoder-js';
import type { FrameGeometry } from './geometry.ts';
import { checkedFrameHeader } from './jpeg-frame-header.ts';
import { pixelsError } from './pixels-error.ts';

const sofLossless = 0xc3;

/** One frame of JPEG lossless, process 14, any selection value (ITU-T T.81 H). Little-endian bytes, colour by pixel. Throws BH_DICOM_PIXELS. */
export function decodeJpegLossless(encoded: Uint8Array, geometry: FrameGeometry): Uint8Array {
  const header = checkedFrameHeader(encoded, geometry);
  if (header.marker !== sofLossless || header.precision < 2 || header.precision > 16) {
    throw pixelsError(`SOF ${header.marker.toString(16)} of ${header.precision} bits is not lossless JPEG`);
  }
  const bytesPerSample = geometry.bitsAllocated / 8;
  // The decoder handles three components of 8 bits and one of either width; nothing else exists in the field.
  if (geometry.samplesPerPixel !== 1 && (geometry.samplesPerPixel !== 3 || bytesPerSample !== 1)) {
    throw pixelsError(
      `lossless JPEG of ${geometry.samplesPerPixel} components of ${geometry.bitsAllocated} bits`,
    );
  }
  const decoder = new lossless.Decoder(null, bytesPerSample);
  const samples = decodeOrRefuse(decoder, encoded);
  // Past the end of its input the decoder goes on with zeros; where it stands tells.
  if ((decoder.stream?.index ?? 0) > encoded.length) throw pixelsError('the JPEG stream ends too early');
  const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  if (bytes.length !== geometry.frameBytes) {
    throw pixelsError(`lossless JPEG gave ${bytes.length} bytes where ${geometry.frameBytes} are needed`);
  }
  return bytes;
}

function decodeOrRefuse(
  decoder: InstanceType<typeof lossless.Decoder>,
  encoded: Uint8Array,
): Uint8Array | Uint16Array {
  try {
    return decoder.decode(encoded.buffer, encoded.byteOffset, encoded.length);
  } catch (error) {
    throw pixelsError('the lossless JPEG stream is broken', error);
  }
}
