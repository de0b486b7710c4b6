/** Bytes of the unit that has the byte order of the object, by VR (PS3.5 7.3); 1 for VRs that are not listed. */
const wordBytes: Readonly<Record<string, number>> = { OW: 2, OF: 4, OL: 4, OD: 8, OV: 8 };

/** The value of a binary element in little endian order; the bytes themselves where they are. */
export function littleEndianWords(bytes: Uint8Array, vr: string, isBigEndian: boolean): Uint8Array {
  const width = wordBytes[vr] ?? 1;
  return isBigEndian && width > 1 ? swapWords(bytes, width) : bytes;
}

/** Turns the order of bytes round in each word; a last word that is not whole stays zero. */
export function swapWords(bytes: Uint8Array, width: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let at = 0; at + width <= bytes.length; at += width) {
    for (let k = 0; k < width; k += 1) out[at + k] = bytes[at + width - 1 - k]!;
  }
  return out;
}
