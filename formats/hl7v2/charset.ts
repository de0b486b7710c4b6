import { isAscii, isUtf8 } from 'node:buffer';
import type { Refusal } from '../../core/message.ts';
import { encodingOf } from './charset-names.ts';
import { eucFromIso2022 } from './iso-2022-jp.ts';

/** How the bytes of a message became text. */
export interface Charset {
  /** MSH-18 as sent, empty when absent. */
  readonly declared: string;
  /** Encoding of the message's bytes, in the name of the WHATWG Encoding standard (or `us-ascii`). */
  readonly encoding: string;
}

export interface DecodedText {
  readonly text: string;
  readonly charset: () => Charset;
  readonly warnings: readonly Refusal[];
}

const none: readonly Refusal[] = [];
const escapeByte = 0x1b;

/**
 * Decodes a message by its MSH-18 (HL7 v2.5.1 2.14.9.18). An absent or unknown one gives way to `fallback` (UTF-8 when the site
 * names none). Bytes that are not valid become U+FFFD and a warning BH_HL7_CHARSET: a message is never lost for its charset.
 */
export function decodeMessage(bytes: Uint8Array, fallback: string): DecodedText {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isAscii(buffer) && buffer.indexOf(escapeByte) < 0) {
    // Every encoding of the table reads these bytes alike; MSH-18 is looked up only when a `\X..\` or an answer asks.
    let charset: Charset | undefined;
    const read = (): Charset => (charset ??= charsetOf(declaredNames(buffer), fallback));
    return { text: buffer.toString('latin1'), charset: read, warnings: none };
  }
  const declared = declaredNames(buffer);
  const charset = charsetOf(declared, fallback);
  const { text, isValid } = decodeBytes(buffer, charset.encoding);
  const complaint = complaintOf(declared, isValid, charset.encoding);
  const warnings: readonly Refusal[] =
    complaint === '' ? none : [{ code: 'BH_HL7_CHARSET', detail: complaint }];
  return { text, charset: () => charset, warnings };
}

function charsetOf(declared: Declared, fallback: string): Charset {
  return { declared: declared.text, encoding: declared.encoding ?? encodingOf(fallback) ?? 'utf-8' };
}

interface Declared {
  readonly text: string;
  readonly encoding: string | undefined;
}

function complaintOf(declared: Declared, isValid: boolean, encoding: string): string {
  if (declared.text !== '' && declared.encoding === undefined) return 'MSH-18 names an unknown character set';
  return isValid ? '' : `bytes are not valid in ${encoding}`;
}

/**
 * MSH-18 before the text is known: the header line is cut as bytes. A double-byte character in MSH-3 to MSH-6 may hold the byte of
 * the field separator, which only moves MSH-18 to the right, so the first known name from there on is taken.
 */
function declaredNames(buffer: Buffer): Declared {
  const end = Math.min(lineEnd(buffer, 0x0d), lineEnd(buffer, 0x0a));
  const line = buffer.toString('latin1', 0, end);
  const fields = line.split(line.charAt(3)).slice(17);
  for (const field of fields) {
    const encoding = encodingOfRepetitions(field, line.charAt(5));
    if (encoding !== undefined) return { text: field, encoding };
  }
  return { text: fields[0] ?? '', encoding: undefined };
}

function lineEnd(buffer: Buffer, byte: number): number {
  const at = buffer.indexOf(byte);
  return at < 0 ? buffer.length : at;
}

/** An alternate set that needs ISO 2022 escapes decides for the whole: its decoder reads ASCII as well. */
function encodingOfRepetitions(field: string, separator: string): string | undefined {
  const names = separator === '' ? [field] : field.split(separator);
  const encodings = names.filter((name) => name !== '').map(encodingOf);
  return encodings.find((encoding) => encoding === 'iso-2022-jp') ?? encodings[0];
}

/** Bytes to text; `isValid` is false when some became U+FFFD or, for `us-ascii`, when the declaration was wrong. */
export function decodeBytes(buffer: Buffer, encoding: string): { text: string; isValid: boolean } {
  if (encoding === 'us-ascii') return { text: buffer.toString('utf8'), isValid: isAscii(buffer) };
  if (encoding === 'utf-8') return { text: buffer.toString('utf8'), isValid: isUtf8(buffer) };
  if (encoding === 'windows-1252') return { text: windows1252(buffer), isValid: true };
  const isSwitching = encoding === 'iso-2022-jp';
  const text = decoderOf(isSwitching ? 'euc-jp' : encoding).decode(
    isSwitching ? eucFromIso2022(buffer) : buffer,
  );
  return { text, isValid: !text.includes('\ufffd') };
}

interface Decoder {
  decode(bytes: Uint8Array): string;
}
const decoders = new Map<string, Decoder>();

function decoderOf(encoding: string): Decoder {
  const kept = decoders.get(encoding);
  if (kept !== undefined) return kept;
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  decoders.set(encoding, decoder);
  return decoder;
}

/** Code points of windows-1252 bytes 80 to 9F. Releases of Node differ in what their TextDecoder makes of them; senders mean these. */
const upperControls = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

function windows1252(buffer: Buffer): string {
  const text = buffer.toString('latin1');
  return text.replace(/[\x80-\x9f]/g, (control: string) =>
    upperControls.charAt(control.charCodeAt(0) - 0x80),
  );
}
