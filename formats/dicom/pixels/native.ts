import type { DicomElement } from '../element.ts';
import { swapWords } from '../words.ts';
import type { FrameGeometry } from './geometry.ts';
import type { PixelBytes } from './pixel-bytes.ts';
import { pixelsError } from './pixels-error.ts';

/**
 * Bytes of one frame of native pixel data as the object holds them, but little endian and beginning at a byte (PS3.5 8.1, A.1 to
 * A.3). Only this frame is read. Throws BH_DICOM_PIXELS when there are too few.
 */
export async function nativeFrame(
  pixels: PixelBytes,
  element: DicomElement,
  isBigEndian: boolean,
  geometry: FrameGeometry,
  frame: number,
): Promise<Uint8Array> {
  const bitsCount = nativeFrameBits(geometry);
  const firstBit = frame * bitsCount;
  if (firstBit + bitsCount > element.length * 8) {
    throw pixelsError(`pixel data of ${element.length} bytes has no whole frame ${frame + 1}`);
  }
  // The word is what has the byte order, and a frame may begin within one (PS3.5 A.3): whole words are read.
  const word = isBigEndian && element.vr !== 'OB' ? Math.max(geometry.bitsAllocated / 8, 2) : 1;
  const from = Math.floor(firstBit / 8 / word) * word;
  const until = Math.min(Math.ceil((firstBit + bitsCount) / 8 / word) * word, element.length);
  const read = await pixels.read(element.offset + from, until - from);
  const bytes = word === 1 ? read : swapWords(read, word);
  return unpadded(bytes, firstBit - from * 8, bitsCount);
}

/** Frames follow each other without padding, even those of one bit (PS3.5 8.1.1). */
export function nativeFrameBits(geometry: FrameGeometry): number {
  const bits = geometry.rows * geometry.columns * geometry.samplesPerPixel * geometry.bitsAllocated;
  return is422(geometry) ? (bits / 3) * 2 : bits;
}

/** Two pixels share their colour: Y Y Cb Cr (PS3.3 C.7.6.3.1.2). */
export const is422 = ({ photometric, samplesPerPixel, bitsAllocated }: FrameGeometry): boolean =>
  (photometric === 'YBR_FULL_422' || photometric === 'YBR_PARTIAL_422') &&
  samplesPerPixel === 3 &&
  bitsAllocated === 8;

/** Each pixel with its own colour, Y Cb Cr. */
export function from422(bytes: Uint8Array, geometry: FrameGeometry): Uint8Array {
  if (geometry.columns % 2 === 1)
    throw pixelsError(`${geometry.columns} columns cannot share colour in pairs`);
  const out = new Uint8Array(geometry.frameBytes);
  for (let from = 0, to = 0; to < out.length; from += 4, to += 6) {
    out[to] = bytes[from]!;
    out[to + 3] = bytes[from + 1]!;
    out[to + 1] = bytes[from + 2]!;
    out[to + 4] = bytes[from + 2]!;
    out[to + 2] = bytes[from + 3]!;
    out[to + 5] = bytes[from + 3]!;
  }
  return out;
}

/** `bitsCount` bits from bit `firstBit` on, as bytes; what is left of the last one is zero. */
function unpadded(bytes: Uint8Array, firstBit: number, bitsCount: number): Uint8Array {
  const from = Math.floor(firstBit / 8);
  const shift = firstBit % 8;
  const length = Math.ceil(bitsCount / 8);
  if (shift === 0 && bitsCount % 8 === 0) return bytes.subarray(from, from + length);
  const out = new Uint8Array(length);
  for (let i = 0; i < length; i += 1) {
    out[i] = ((bytes[from + i] ?? 0) >> shift) | ((bytes[from + i + 1] ?? 0) << (8 - shift));
  }
  const used = bitsCount % 8;
  if (used !== 0) out[length - 1]! &= (1 << used) - 1;
  return out;
}
