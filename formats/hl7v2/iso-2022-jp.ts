/**
 * Japanese HL7 switches sets by ISO 2022 escapes: JIS X 0208 (`ISO IR87`), JIS X 0212 (`ISO IR159`), half-width katakana. The
 * platform's own iso-2022-jp decoder does not know JIS X 0212, so both directions go by way of EUC-JP, which has all of them
 * with the high bits set.
 */
const designations: readonly (readonly [escape: string, set: Set])[] = [
  ['(B', 'ascii'],
  ['(J', 'ascii'],
  ['(I', 'katakana'],
  ['$@', 'kanji'],
  ['$B', 'kanji'],
  ['$(D', 'supplement'],
];
type Set = 'ascii' | 'katakana' | 'kanji' | 'supplement';
const escapeByte = 0x1b;

/** ISO 2022 bytes as EUC-JP bytes. Segment ends return to ASCII (HL7 v2.5.1 2.14.9.18). */
export function eucFromIso2022(bytes: Uint8Array): Uint8Array {
  const euc: number[] = [];
  let set: Set = 'ascii';
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    const designation = byte === escapeByte ? designationAt(bytes, at + 1) : undefined;
    if (designation !== undefined) {
      set = designation[1];
      at += designation[0].length;
    } else if (byte >= 0xa1 && byte <= 0xdf) {
      // Half-width katakana without an escape: JIS X 0201 beside the sets (ISO IR14).
      euc.push(0x8e, byte);
    } else if (byte <= 0x20 || set === 'ascii') {
      if (byte < 0x20) set = 'ascii';
      euc.push(byte);
    } else if (set === 'katakana') {
      euc.push(0x8e, byte | 0x80);
    } else {
      if (set === 'supplement') euc.push(0x8f);
      euc.push(byte | 0x80, (bytes[++at] ?? 0) | 0x80);
    }
  }
  return Uint8Array.from(euc);
}

function designationAt(bytes: Uint8Array, at: number): (typeof designations)[number] | undefined {
  return designations.find(([sequence]) =>
    [...sequence].every((character, index) => bytes[at + index] === character.charCodeAt(0)),
  );
}

/** The reverse, for one run of EUC-JP bytes that is a single character. */
export function iso2022Of(euc: readonly number[]): {
  readonly escape: string;
  readonly bytes: readonly number[];
} {
  const low = (byte: number): number => byte & 0x7f;
  if (euc[0] === 0x8e) return { escape: '(I', bytes: euc.slice(1).map(low) };
  if (euc[0] === 0x8f) return { escape: '$(D', bytes: euc.slice(1).map(low) };
  return euc.length === 2 ? { escape: '$B', bytes: euc.map(low) } : { escape: '(B', bytes: euc };
}
