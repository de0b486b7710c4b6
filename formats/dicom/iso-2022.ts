import { decodeLatin1 } from './plain-text.ts';

/** One coded character set of PS3.3 tables C.12-3 and C.12-4: bytes per character, and how to read a run of them. */
interface CodedSet {
  readonly width: 1 | 2;
  decode(bytes: Uint8Array): string;
}

const labelled = (label: string, width: 1 | 2 = 1): CodedSet => {
  const decoder = new TextDecoder(label);
  return { width, decode: (bytes) => decoder.decode(bytes) };
};

const latin1: CodedSet = { width: 1, decode: decodeLatin1 };
/** JIS X 0201: half-width katakana from 0xA1 on. */
const katakana: CodedSet = {
  width: 1,
  decode: (bytes) => {
    let text = '';
    for (const b of bytes) text += String.fromCharCode(b >= 0xa1 && b <= 0xdf ? 0xff61 + b - 0xa1 : 0xfffd);
    return text;
  },
};
const eucJp = new TextDecoder('euc-jp');
/** JIS sets stand in G0 with the high bit clear; EUC-JP is the same code with the bit set, X 0212 behind a prefix byte. */
const jis = (prefix: readonly number[]): CodedSet => ({
  width: 2,
  decode: (bytes) => {
    const euc: number[] = [];
    for (let i = 0; i < bytes.length; i += 2)
      euc.push(...prefix, bytes[i]! | 0x80, (bytes[i + 1] ?? 0) | 0x80);
    return eucJp.decode(Uint8Array.from(euc));
  },
});

/** Sets that a value of (0008,0005) can start with in G1, by ISO-IR number. G0 starts as ISO 646 in all of them. */
const initialG1: Readonly<Record<string, CodedSet>> = {
  13: katakana,
  58: labelled('gb18030', 2),
  100: latin1,
  101: labelled('iso-8859-2'),
  109: labelled('iso-8859-3'),
  110: labelled('iso-8859-4'),
  126: labelled('iso-8859-7'),
  127: labelled('iso-8859-6'),
  138: labelled('iso-8859-8'),
  144: labelled('iso-8859-5'),
  148: labelled('windows-1254'),
  149: labelled('euc-kr', 2),
  166: labelled('windows-874'),
  203: labelled('iso-8859-15'),
};

interface Designation {
  readonly slot: 'g0' | 'g1';
  readonly set: CodedSet;
}
const g0 = (set: CodedSet): Designation => ({ slot: 'g0', set });
const g1 = (ir: number): Designation => ({ slot: 'g1', set: initialG1[ir] ?? latin1 });

/** What follows ESC. */
const designations: ReadonlyMap<string, Designation> = new Map([
  ['(B', g0(latin1)],
  ['(J', g0(latin1)],
  ['$B', g0(jis([]))],
  ['$@', g0(jis([]))],
  ['$(B', g0(jis([]))],
  ['$(D', g0(jis([0x8f]))],
  [')I', g1(13)],
  ['$)A', g1(58)],
  ['$)C', g1(149)],
  ['-A', g1(100)],
  ['-B', g1(101)],
  ['-C', g1(109)],
  ['-D', g1(110)],
  ['-F', g1(126)],
  ['-G', g1(127)],
  ['-H', g1(138)],
  ['-L', g1(144)],
  ['-M', g1(148)],
  ['-T', g1(166)],
  ['-b', g1(203)],
]);

const escapeByte = 0x1b;

/**
 * Text with ISO 2022 code extensions (PS3.5 6.1.2.5). Both code elements fall back to the initial set at each control
 * character and at each delimiter of the VR: the backslash, and `^` and `=` in a name (6.1.2.5.3).
 */
export function decodeIso2022(bytes: Uint8Array, initial: string, vr: string): string {
  const start = initialG1[initial] ?? latin1;
  let low: CodedSet = latin1;
  let high: CodedSet = start;
  let text = '';
  let at = 0;
  while (at < bytes.length) {
    const byte = bytes[at]!;
    if (byte === escapeByte) {
      const [designation, length] = designationAt(bytes, at + 1);
      if (designation?.slot === 'g0') low = designation.set;
      if (designation?.slot === 'g1') high = designation.set;
      at += 1 + length;
    } else if (byte < 0x20 || (low.width === 1 && isDelimiter(byte, vr))) {
      low = latin1;
      high = start;
      text += String.fromCharCode(byte);
      at += 1;
    } else {
      const end = runEnd(bytes, at, low, vr);
      text += (byte < 0x80 ? low : high).decode(bytes.subarray(at, end));
      at = end;
    }
  }
  return text;
}

function isDelimiter(byte: number, vr: string): boolean {
  if (byte === 0x5c) return vr !== 'LT' && vr !== 'ST' && vr !== 'UT';
  return vr === 'PN' && (byte === 0x5e || byte === 0x3d);
}

/** Where the bytes that belong to the same code element end. */
function runEnd(bytes: Uint8Array, from: number, low: CodedSet, vr: string): number {
  const isHigh = bytes[from]! >= 0x80;
  let at = from;
  while (at < bytes.length) {
    const byte = bytes[at]!;
    if (byte < 0x20 || byte >= 0x80 !== isHigh) break;
    if (!isHigh && low.width === 1 && isDelimiter(byte, vr)) break;
    at += !isHigh && low.width === 2 ? 2 : 1;
  }
  return Math.min(at, bytes.length);
}

/** An escape sequence that the standard does not define is left out with its one byte; what follows stays readable. */
function designationAt(bytes: Uint8Array, at: number): [Designation | undefined, number] {
  for (const length of [2, 3]) {
    const key = String.fromCharCode(...bytes.subarray(at, at + length));
    const designation = designations.get(key);
    if (designation) return [designation, length];
  }
  return [undefined, 0];
}
