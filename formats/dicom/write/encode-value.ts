import { assert } from '../../../core/assert.ts';
import { formatTag } from '../tags.ts';
import { vrTraits } from '../vr.ts';
import { decimalString } from './decimal-string.ts';
import type { WritableElement } from './writable.ts';

type WriteOne = (view: DataView, at: number, value: number, isLittleEndian: boolean) => void;

const setTag: WriteOne = (view, at, value, le) => {
  view.setUint16(at, value >>> 16, le);
  view.setUint16(at + 2, value & 0xffff, le);
};

const binary: Readonly<Record<string, readonly [bytesCount: number, write: WriteOne]>> = {
  AT: [4, setTag],
  FD: [8, (v, at, n, le) => v.setFloat64(at, n, le)],
  FL: [4, (v, at, n, le) => v.setFloat32(at, n, le)],
  OB: [1, (v, at, n) => v.setUint8(at, n)],
  OD: [8, (v, at, n, le) => v.setFloat64(at, n, le)],
  OF: [4, (v, at, n, le) => v.setFloat32(at, n, le)],
  OL: [4, (v, at, n, le) => v.setUint32(at, n, le)],
  OV: [8, (v, at, n, le) => v.setBigUint64(at, BigInt(n), le)],
  OW: [2, (v, at, n, le) => v.setUint16(at, n, le)],
  SL: [4, (v, at, n, le) => v.setInt32(at, n, le)],
  SS: [2, (v, at, n, le) => v.setInt16(at, n, le)],
  SV: [8, (v, at, n, le) => v.setBigInt64(at, BigInt(n), le)],
  UL: [4, (v, at, n, le) => v.setUint32(at, n, le)],
  US: [2, (v, at, n, le) => v.setUint16(at, n, le)],
  UV: [8, (v, at, n, le) => v.setBigUint64(at, BigInt(n), le)],
};

/** Bytes of one number of a VR, by which a value turns with the byte order; AT is two numbers of 16 bits. */
export function unitBytes(vr: string): number {
  return vr === 'AT' ? 2 : (binary[vr]?.[0] ?? 1);
}

const utf8 = new TextEncoder();

/** The bytes of a value that is no sequence, padded to even length (PS3.5 6.2, 7.1): UI and bytes with NUL, text with a space. */
export function encodeValue(tag: number, element: WritableElement, isLittleEndian: boolean): Uint8Array {
  const { vr, value } = element;
  if (value instanceof Uint8Array) return padded(isLittleEndian ? value : swapped(value, unitBytes(vr)), 0);
  assert(Array.isArray(value), `${formatTag(tag)} of VR ${vr} has a value that is none`);
  const plain = value as readonly (string | number)[];
  const traits = vrTraits(vr);
  if (traits.text === null) return padded(encodeNumbers(tag, vr, plain, isLittleEndian), 0);
  const texts = plain.map((one) => (typeof one === 'number' ? decimalString(one) : one));
  assert(traits.isList || texts.length <= 1, `${formatTag(tag)} of VR ${vr} takes one value`);
  assert(
    !traits.isList || !texts.some((text) => text.includes('\\')),
    `a value of ${formatTag(tag)} holds the backslash that separates values`,
  );
  const text = texts.join('\\');
  // Other VRs hold the default repertoire only; what a broken writer put there is kept byte by byte.
  const bytes = traits.text === 'charset' ? utf8.encode(text) : new Uint8Array(Buffer.from(text, 'latin1'));
  return padded(bytes, vr === 'UI' ? 0 : 0x20);
}

function encodeNumbers(
  tag: number,
  vr: string,
  values: readonly (string | number)[],
  isLittleEndian: boolean,
): Uint8Array {
  const [bytesCount, write] = binary[vr] ?? [1, undefined];
  const bytes = new Uint8Array(values.length * bytesCount);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    assert(typeof value === 'number' && write, `${formatTag(tag)} of VR ${vr} has a value that is no number`);
    write(view, i * bytesCount, value, isLittleEndian);
  });
  return bytes;
}

function padded(bytes: Uint8Array, filler: number): Uint8Array {
  if (bytes.length % 2 === 0) return bytes;
  const even = new Uint8Array(bytes.length + 1);
  even.set(bytes);
  even[bytes.length] = filler;
  return even;
}

/** The numbers of the other byte order. A length that is no multiple leaves its rest as it is. */
export function swapped(bytes: Uint8Array, unit: number): Uint8Array {
  if (unit === 1) return bytes;
  const turned = Uint8Array.from(bytes);
  for (let at = 0; at + unit <= turned.length; at += unit) turned.subarray(at, at + unit).reverse();
  return turned;
}
