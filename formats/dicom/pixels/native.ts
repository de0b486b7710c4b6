import type { DicomElement } from '../element.ts';
import type { FrameGeometry } from './geometry.ts';
import { pixelsError } from './pixels-error.ts';

/** Bytes of one frame of native pixel data, little endian (PS3.5 8.1, A.1 to A.3). Throws BH_DICOM_PIXELS when there are too few. */
export function nativeFrame(
  element: DicomElement,
  isBigEndian: boolean,
  geometry: FrameGeometry,
  frame: number,
): Uint8Array {
  const bytes = element.bytes;
  if (geometry.bitsAllocated === 1)
    return packedFrame(bigEndianToLittle(bytes, element, isBigEndian, 1), geometry, frame);
  const length = is422(geometry) ? (geometry.frameBytes / 3) * 2 : geometry.frameBytes;
  const from = frame * length;
  if (from + length > bytes.length) throw tooShort(bytes.length, frame);
  const view = bytes.subarray(from, from + length);
  if (is422(geometry)) return from422(view, geometry.frameBytes);
  return bigEndianToLittle(view, element, isBigEndian, geometry.bitsAllocated);
}

const is422 = (geometry: FrameGeometry): boolean =>
  geometry.photometric === 'YBR_FULL_422' && geometry.samplesPerPixel === 3 && geometry.bitsAllocated === 8;

const tooShort = (bytesCount: number, frame: number) =>
  pixelsError(`pixel data of ${bytesCount} bytes has no whole frame ${frame + 1}`);

/** Two pixels share their colour: Y Y Cb Cr (PS3.3 C.7.6.3.1.2). */
function from422(bytes: Uint8Array, frameBytes: number): Uint8Array {
  const out = new Uint8Array(frameBytes);
  for (let from = 0, to = 0; to + 5 < out.length; from += 4, to += 6) {
    out[to] = bytes[from]!;
    out[to + 3] = bytes[from + 1]!;
    out[to + 1] = bytes[from + 2]!;
    out[to + 4] = bytes[from + 2]!;
    out[to + 2] = bytes[from + 3]!;
    out[to + 5] = bytes[from + 3]!;
  }
  return out;
}

/** Frames of one bit follow each other without padding (PS3.5 8.1.1), so a frame may begin within a byte. */
function packedFrame(bytes: Uint8Array, geometry: FrameGeometry, frame: number): Uint8Array {
  const bitsCount = geometry.rows * geometry.columns * geometry.samplesPerPixel;
  const firstBit = frame * bitsCount;
  if (firstBit + bitsCount > bytes.length * 8) throw tooShort(bytes.length, frame);
  const from = Math.floor(firstBit / 8);
  const shift = firstBit % 8;
  if (shift === 0 && bitsCount % 8 === 0) return bytes.subarray(from, from + geometry.frameBytes);
  const out = new Uint8Array(geometry.frameBytes);
  for (let i = 0; i < out.length; i += 1) {
    out[i] = ((bytes[from + i] ?? 0) >> shift) | ((bytes[from + i + 1] ?? 0) << (8 - shift));
  }
  const used = bitsCount % 8;
  if (used !== 0) out[out.length - 1]! &= (1 << used) - 1;
  return out;
}

/** Samples of 8 bits in OW are swapped in pairs, since the word is what has the byte order (PS3.5 A.3). */
function bigEndianToLittle(
  bytes: Uint8Array,
  element: DicomElement,
  isBigEndian: boolean,
  bits: FrameGeometry['bitsAllocated'],
): Uint8Array {
  const width = element.vr === 'OB' ? 1 : Math.max(bits / 8, 2);
  if (!isBigEndian || width === 1) return bytes;
  const out = new Uint8Array(bytes.length);
  for (let at = 0; at + width <= bytes.length; at += width) {
    for (let k = 0; k < width; k += 1) out[at + k] = bytes[at + width - 1 - k]!;
  }
  return out;
}
