import {
  type Delimiters,
  decodeBytes,
  encodeText,
  escapeText,
  unescapeText,
} from '../../formats/hl7v2/index.ts';

/**
 * Bytes as a text of one character each, so that an edit leaves every other byte as it came, valid in its character set or not. A byte
 * that belongs to a character of several bytes and could be taken for a separator (the second byte of GB 18030, Big5 or Shift JIS; all
 * of an ISO 2022 run) stands 0x100 higher. Rejected: decode, edit, encode; what does not survive that round trip would be changed.
 */
export type ByteText = string;

const raised = 0x100;
const escapeByte = 0x1b;
const pairEncodings = new Set(['gb18030', 'gbk', 'big5', 'shift_jis', 'euc-kr']);

export function byteText(bytes: Uint8Array, encoding: string): ByteText {
  if (pairEncodings.has(encoding)) return shifted(bytes, pairs(bytes, encoding));
  if (encoding === 'iso-2022-jp') return shifted(bytes, switchedSets(bytes));
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** The low byte of each character. */
export const bytesOf = (text: ByteText): Uint8Array => Buffer.from(text, 'latin1');

/** An element as people read it: decoded, escapes resolved. */
export function textOf(raw: ByteText, delimiters: Delimiters, encoding: string): string {
  if (raw === '') return '';
  const { text } = decodeBytes(Buffer.from(raw, 'latin1'), encoding);
  return unescapeText(text, delimiters, encoding);
}

/** A value as it may stand in the message: separators escaped, in its character set. */
export function rawOf(value: string, delimiters: Delimiters, encoding: string): ByteText {
  return byteText(encodeText(escapeText(value, delimiters), encoding), encoding);
}

function shifted(bytes: Uint8Array, isInner: (at: number) => boolean): ByteText {
  const units = new Uint16Array(bytes.length);
  for (let at = 0; at < bytes.length; at++) units[at] = bytes[at]! + (isInner(at) ? raised : 0);
  return Buffer.from(units.buffer).toString('utf16le');
}

/** Whether a byte is the second of a pair. Asked from the first byte on, in order. */
function pairs(bytes: Uint8Array, encoding: string): (at: number) => boolean {
  let isAfterLead = false;
  return (at) => {
    const isTrail = isAfterLead && bytes[at]! >= 0x30;
    isAfterLead = !isTrail && isLead(bytes[at]!, encoding);
    return isTrail;
  };
}

function isLead(byte: number, encoding: string): boolean {
  if (byte < 0x81 || byte === 0xff) return false;
  return encoding !== 'shift_jis' || byte < 0xa0 || byte > 0xdf;
}

/** ISO 2022: an escape and what follows it up to the return to ASCII or a control character (HL7 v2.5.1 2.14.9.18). */
function switchedSets(bytes: Uint8Array): (at: number) => boolean {
  let isSwitched = false;
  let escapeEnd = -1;
  return (at) => {
    const byte = bytes[at]!;
    if (byte === escapeByte) {
      const isLong = bytes[at + 1] === 0x24 && bytes[at + 2] === 0x28;
      escapeEnd = at + (isLong ? 3 : 2);
      const final = bytes[escapeEnd];
      isSwitched = !(bytes[at + 1] === 0x28 && (final === 0x42 || final === 0x4a));
      return true;
    }
    if (at <= escapeEnd) return true;
    if (byte < 0x20) isSwitched = false;
    return isSwitched && byte > 0x20;
  };
}
