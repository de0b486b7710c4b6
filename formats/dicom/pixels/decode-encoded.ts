import type { TransferSyntax } from '../transfer-syntax.ts';
import { decodeDeflatedFrame } from './deflated-frame.ts';
import type { FrameGeometry } from './geometry.ts';
import { decodeHtj2k } from './htj2k.ts';
import { decodeJpeg2000 } from './jpeg-2000.ts';
import { decodeJpegDct } from './jpeg-dct.ts';
import { decodeJpegLossless } from './jpeg-lossless.ts';
import { decodeJpegLs } from './jpeg-ls.ts';
import type { NativeFrame } from './open-pixels.ts';
import { decodeRle } from './rle.ts';

/** Decodes the encoded bytes of one frame. Throws BH_DICOM_PIXELS. */
export async function decodeEncoded(
  encoded: Uint8Array,
  codec: TransferSyntax['codec'],
  geometry: FrameGeometry,
): Promise<NativeFrame> {
  const { photometric } = geometry;
  // The JPEG codecs give colour by pixel whatever the object says of planes.
  const byPixel = (bytes: Uint8Array, means = photometric): NativeFrame => ({
    bytes,
    photometric: means,
    isPlanar: false,
  });
  switch (codec) {
    case 'rle':
      return { bytes: decodeRle(encoded, geometry), photometric, isPlanar: geometry.isPlanar };
    case 'jpeg-dct': {
      const { bytes, photometric: means } = decodeJpegDct(encoded, geometry);
      return byPixel(bytes, means);
    }
    case 'jpeg-lossless':
      return byPixel(decodeJpegLossless(encoded, geometry));
    case 'jpeg-ls':
      return byPixel(await decodeJpegLs(encoded, geometry));
    case 'jpeg-2000': {
      const { bytes, photometric: means } = await decodeJpeg2000(encoded, geometry);
      return byPixel(bytes, means);
    }
    case 'htj2k': {
      const { bytes, photometric: means } = await decodeHtj2k(encoded, geometry);
      return byPixel(bytes, means);
    }
    default:
      return { bytes: decodeDeflatedFrame(encoded, geometry), photometric, isPlanar: geometry.isPlanar };
  }
}
