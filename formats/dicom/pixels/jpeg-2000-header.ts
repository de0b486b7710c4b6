import type { FrameGeometry } from './geometry.ts';
import { pixelsError } from './pixels-error.ts';

/** What the SIZ segment says (ITU-T T.800 A.5.1). */
export interface Jpeg2000Header {
  readonly precision: number;
  readonly isSigned: boolean;
}

const soc = 0xff4f;
const siz = 0xff51;
const sot = 0xff90;
/** A JP2 wrapper, which some writers leave on, has its codestream within this many bytes. */
const wrapperBytesMax = 4096;

/**
 * Holds the size of the codestream against the attributes and walks its tile-parts, whose lengths tell a stream that was cut off:
 * the decoder would give nothing and say nothing. Throws BH_DICOM_PIXELS.
 */
export function checkedJpeg2000Header(bytes: Uint8Array, geometry: FrameGeometry): Jpeg2000Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const start = codestreamStart(view);
  if (start + 45 > bytes.length) throw pixelsError('the JPEG 2000 stream has no size segment');
  const columns = view.getUint32(start + 8) - view.getUint32(start + 16);
  const rows = view.getUint32(start + 12) - view.getUint32(start + 20);
  const componentsCount = view.getUint16(start + 40);
  const depth = bytes[start + 42]!;
  const precision = (depth & 0x7f) + 1;
  if (
    rows !== geometry.rows ||
    columns !== geometry.columns ||
    componentsCount !== geometry.samplesPerPixel ||
    precision > geometry.bitsAllocated
  ) {
    throw pixelsError(
      `the JPEG 2000 image is ${rows} x ${columns} x ${componentsCount} of ${precision} bits, ` +
        `the object ${geometry.rows} x ${geometry.columns} x ${geometry.samplesPerPixel} of ${geometry.bitsAllocated}`,
    );
  }
  checkTileParts(view, start + 2);
  return { precision, isSigned: (depth & 0x80) !== 0 };
}

function codestreamStart(view: DataView): number {
  const last = Math.min(view.byteLength - 4, wrapperBytesMax);
  for (let at = 0; at <= last; at += 1) {
    if (view.getUint16(at) === soc && view.getUint16(at + 2) === siz) return at;
  }
  throw pixelsError('the frame holds no JPEG 2000 codestream');
}

/** From the first marker segment on. A tile-part of length 0 reaches to the end of the stream (A.4.2). */
function checkTileParts(view: DataView, from: number): void {
  let at = from;
  let tilePartsCount = 0;
  while (at + 4 <= view.byteLength) {
    const marker = view.getUint16(at);
    if (marker === sot && at + 12 <= view.byteLength) {
      tilePartsCount += 1;
      const length = view.getUint32(at + 6);
      if (length === 0) return;
      at += Math.max(length, 12);
      if (at > view.byteLength) throw pixelsError('a tile-part of the JPEG 2000 stream is cut off');
    } else if (tilePartsCount > 0) {
      return;
    } else {
      at += 2 + Math.max(view.getUint16(at + 2), 2);
    }
  }
  if (tilePartsCount === 0) throw pixelsError('the JPEG 2000 stream has no tile');
}
