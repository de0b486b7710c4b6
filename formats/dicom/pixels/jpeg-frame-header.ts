import type { FrameGeometry } from './geometry.ts';
import { pixelsError } from './pixels-error.ts';

/** What a JPEG or JPEG-LS stream says of itself, read before a decoder allocates for it. */
export interface JpegFrameHeader {
  /** The SOF marker: 0xC3 lossless, 0xF7 JPEG-LS. */
  readonly marker: number;
  readonly precision: number;
  readonly rows: number;
  readonly columns: number;
  readonly componentsCount: number;
}

/**
 * Walks the marker segments up to the frame header (ITU-T T.81 B.2.2, T.87 C.2.2) and holds it against the attributes: a
 * stream that claims another size is refused instead of decoded. Throws BH_DICOM_PIXELS.
 */
export function checkedFrameHeader(bytes: Uint8Array, geometry: FrameGeometry): JpegFrameHeader {
  const header = frameHeader(bytes);
  if (
    header.rows !== geometry.rows ||
    header.columns !== geometry.columns ||
    header.componentsCount !== geometry.samplesPerPixel ||
    header.precision > geometry.bitsAllocated
  ) {
    const { rows, columns, componentsCount, precision } = header;
    throw pixelsError(
      `the JPEG frame is ${rows} x ${columns} x ${componentsCount} of ${precision} bits, ` +
        `the object ${geometry.rows} x ${geometry.columns} x ${geometry.samplesPerPixel} of ${geometry.bitsAllocated}`,
    );
  }
  return header;
}

function frameHeader(bytes: Uint8Array): JpegFrameHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 4 || view.getUint16(0) !== 0xffd8) throw pixelsError('the frame does not begin as JPEG');
  let at = 2;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) break;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at += 1; // Fill bytes may precede a marker.
      continue;
    }
    const length = view.getUint16(at + 2);
    if (isFrameMarker(marker) && length >= 8 && at + 2 + length <= bytes.length) {
      return {
        marker,
        precision: bytes[at + 4]!,
        rows: view.getUint16(at + 5),
        columns: view.getUint16(at + 7),
        componentsCount: bytes[at + 9]!,
      };
    }
    at += 2 + Math.max(length, 2);
  }
  throw pixelsError('the JPEG stream has no frame header');
}

/** SOF0 to SOF15 without DHT, JPG and DAC; SOF55 of JPEG-LS. */
const isFrameMarker = (marker: number): boolean =>
  (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) ||
  marker === 0xf7;
