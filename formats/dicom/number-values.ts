import type { DicomElement } from './element.ts';
import { decodeLatin1, trimPadding } from './plain-text.ts';

type ReadOne = (view: DataView, at: number, isLittleEndian: boolean) => number;

const binary: Readonly<Record<string, readonly [bytesCount: number, read: ReadOne]>> = {
  AT: [4, (v, at, le) => v.getUint16(at, le) * 65536 + v.getUint16(at + 2, le)],
  FD: [8, (v, at, le) => v.getFloat64(at, le)],
  FL: [4, (v, at, le) => v.getFloat32(at, le)],
  OB: [1, (v, at) => v.getUint8(at)],
  OD: [8, (v, at, le) => v.getFloat64(at, le)],
  OF: [4, (v, at, le) => v.getFloat32(at, le)],
  OL: [4, (v, at, le) => v.getUint32(at, le)],
  OV: [8, (v, at, le) => Number(v.getBigUint64(at, le))],
  OW: [2, (v, at, le) => v.getUint16(at, le)],
  SL: [4, (v, at, le) => v.getInt32(at, le)],
  SS: [2, (v, at, le) => v.getInt16(at, le)],
  SV: [8, (v, at, le) => Number(v.getBigInt64(at, le))],
  UL: [4, (v, at, le) => v.getUint32(at, le)],
  US: [2, (v, at, le) => v.getUint16(at, le)],
  UV: [8, (v, at, le) => Number(v.getBigUint64(at, le))],
};

/** Values of a numeric VR, or of DS and IS; [] for other VRs, for a value that is no number and for a length that does not fit. */
export function readNumbers(element: DicomElement, isBigEndian: boolean): readonly number[] {
  if (element.vr === 'DS' || element.vr === 'IS') return readDecimals(element.bytes);
  const [bytesCount, read] = binary[element.vr] ?? [0, undefined];
  const bytes = element.bytes;
  if (read === undefined || bytes.length % bytesCount !== 0) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const numbers: number[] = [];
  for (let at = 0; at < bytes.length; at += bytesCount) numbers.push(read(view, at, !isBigEndian));
  return numbers.every(Number.isFinite) ? numbers : [];
}

/** PS3.5 6.2: fixed or floating point, at most 16 characters by the standard; longer ones are common and harmless. */
const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

function readDecimals(bytes: Uint8Array): readonly number[] {
  const words = decodeLatin1(bytes)
    .split('\\')
    .map((word) => trimPadding(word).trimStart());
  if (!words.every((word) => decimal.test(word))) return [];
  const numbers = words.map(Number);
  return numbers.every(Number.isFinite) ? numbers : [];
}
