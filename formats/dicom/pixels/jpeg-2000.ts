import createOpenJpeg from '@cornerstonejs/codec-openjpeg/decodewasmjs';
import type { FrameGeometry } from './geometry.ts';
import { checkedJpeg2000Header, type Jpeg2000Header } from './jpeg-2000-header.ts';
import { fitToAllocation } from './sample-width.ts';
import { wasmCodec } from './wasm-codec.ts';

const run = wasmCodec('JPEG 2000', createOpenJpeg);

export interface Jpeg2000Result {
  /** Little endian, colour by pixel, a colour transform undone. */
  readonly bytes: Uint8Array;
  /** RGB where a colour transform was undone, whatever the object says; YBR_FULL that was encoded as it is stays so. */
  readonly photometric: string;
}

/** One frame of JPEG 2000 (ITU-T T.800). Throws BH_DICOM_PIXELS. */
export async function decodeJpeg2000(encoded: Uint8Array, geometry: FrameGeometry): Promise<Jpeg2000Result> {
  const header = checkedJpeg2000Header(encoded, geometry);
  return jpeg2000Result(await openJpegBytes(encoded, header, geometry), header, geometry);
}

/**
 * What OpenJPEG makes of a stream that was checked; it knows high throughput block coding, too. Its wrapper cuts signed samples of up to 8 bits
 * off at zero: they are decoded as unsigned, which differs by a constant (G.1.2), and moved back.
 */
export async function openJpegBytes(
  encoded: Uint8Array,
  { isSigned, precision, depthAt }: Jpeg2000Header,
  { samplesPerPixel }: FrameGeometry,
): Promise<Uint8Array> {
  if (!isSigned || precision > 8) return decodedBytes(encoded);
  const unsigned = encoded.slice();
  for (let i = 0; i < samplesPerPixel; i += 1) unsigned[depthAt + i * 3]! &= 0x7f;
  const half = 1 << (precision - 1);
  return (await decodedBytes(unsigned)).map((value) => value - half);
}

function decodedBytes(encoded: Uint8Array): Promise<Uint8Array> {
  return run((module) => {
    const decoder = new module.J2KDecoder();
    try {
      decoder.getEncodedBuffer(encoded.length).set(encoded);
      decoder.decode();
      return new Uint8Array(decoder.getDecodedBuffer());
    } finally {
      decoder.delete();
    }
  });
}

export function jpeg2000Result(
  decoded: Uint8Array,
  header: Jpeg2000Header,
  geometry: FrameGeometry,
): Jpeg2000Result {
  const { photometric } = geometry;
  const isRgb = header.hasColourTransform || photometric === 'YBR_RCT' || photometric === 'YBR_ICT';
  return {
    bytes: fitToAllocation(decoded, header.precision, geometry, header.isSigned),
    photometric: isRgb && geometry.samplesPerPixel === 3 ? 'RGB' : photometric,
  };
}
