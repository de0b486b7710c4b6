import type { FrameGeometry } from './geometry.ts';
import { pixelsError } from './pixels-error.ts';

/** What the main header says (ITU-T T.800 A.5.1, A.6.1). */
export interface Jpeg2000Header {
  /** Where the depth of the first component stands; those of the others follow three bytes apart. */
  readonly depthAt: number;
  readonly precision: number;
  readonly isSigned: boolean;
  /** The components were transformed: they come out as RGB. */
  readonly hasColourTransform: boolean;
}

const soc = 0xff4f;
const siz = 0xff51;
const cod = 0xff52;
const sot = 0xff90;
/** A JP2 wrapper, which some writers leave on, has its codestream within this many bytes. */
const wrapperBytesMax = 4096;

/**
 * Holds the size of the codestream against the attributes and walks its tile-parts, whose lengths tell a stream that was cut off: the
 * decoders would give nothing, or grey, and say nothing. Each tile that the size promises must be there, so that a few bytes cannot make
 * a decoder prepare for thousands. Throws BH_DICOM_PIXELS.
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
  checkComponents(bytes.subarray(start + 42, start + 42 + componentsCount * 3), componentsCount);
  const isTransformed = checkTileParts(view, start + 2, tilesCount(view, start));
  const isSigned = (depth & 0x80) !== 0;
  return { depthAt: start + 42, precision, isSigned, hasColourTransform: isTransformed };
}

/** All of one depth, none subsampled: an object has each sample of each pixel. */
function checkComponents(descriptions: Uint8Array, count: number): void {
  for (let i = 0; i < count; i += 1) {
    const [depth, across, down] = descriptions.subarray(i * 3);
    if (depth !== descriptions[0] || across !== 1 || down !== 1) {
      throw pixelsError('the components of the JPEG 2000 image differ in depth or size');
    }
  }
}

/** A.5.1, equation B-5. */
function tilesCount(view: DataView, start: number): number {
  const [width, height] = [view.getUint32(start + 24), view.getUint32(start + 28)];
  const across = Math.ceil((view.getUint32(start + 8) - view.getUint32(start + 32)) / width);
  const down = Math.ceil((view.getUint32(start + 12) - view.getUint32(start + 36)) / height);
  const count = across * down;
  if (!(count >= 1 && count <= 65535)) throw pixelsError('impossible tiles in the JPEG 2000 image');
  return count;
}

function codestreamStart(view: DataView): number {
  const last = Math.min(view.byteLength - 4, wrapperBytesMax);
  for (let at = 0; at <= last; at += 1) {
    if (view.getUint16(at) === soc && view.getUint16(at + 2) === siz) return at;
  }
  throw pixelsError('the frame holds no JPEG 2000 codestream');
}

/**
 * From the first marker segment on; true when COD names a colour transform. A tile-part of length 0 reaches to the end of the stream
 * (A.4.2).
 */
function checkTileParts(view: DataView, from: number, tilesNeeded: number): boolean {
  const tiles = new Set<number>();
  let isTransformed = false;
  let at = from;
  while (at + 4 <= view.byteLength) {
    const marker = view.getUint16(at);
    if (marker === sot && at + 12 <= view.byteLength) {
      tiles.add(view.getUint16(at + 4));
      const length = view.getUint32(at + 6);
      if (length === 0) break;
      at += Math.max(length, 12);
      if (at > view.byteLength) throw pixelsError('a tile-part of the JPEG 2000 stream is cut off');
    } else if (tiles.size > 0) {
      break;
    } else {
      if (marker === cod && at + 9 <= view.byteLength) isTransformed = view.getUint8(at + 8) === 1;
      at += 2 + Math.max(view.getUint16(at + 2), 2);
    }
  }
  if (tiles.size < tilesNeeded) {
    throw pixelsError(`the JPEG 2000 stream has ${tiles.size} of its ${tilesNeeded} tiles`);
  }
  return isTransformed;
}
