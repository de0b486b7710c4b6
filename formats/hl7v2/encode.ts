import { decodeBytes } from './charset.ts';
import { iso2022Of } from './iso-2022-jp.ts';

/**
 * Text to bytes in a character set that a message declared, for answers and outbound messages. A character that the set does not
 * have becomes `?`: the receiver was promised this set, so U+FFFD or UTF-8 in its place would be worse.
 */
export function encodeText(text: string, encoding: string): Uint8Array {
  if (isAsciiText(text)) return Buffer.from(text, 'latin1');
  if (encoding === 'utf-8') return Buffer.from(text, 'utf8');
  if (encoding === 'us-ascii') return Buffer.from(text.replace(/[^\0-\x7f]/gu, '?'), 'latin1');
  if (encoding === 'iso-2022-jp') return encodeIso2022Jp(text);
  return encodeByTable(text, tableOf(encoding));
}

function isAsciiText(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

type Table = ReadonlyMap<string, readonly number[]>;
const tables = new Map<string, Table>();
const question = [0x3f];

function encodeByTable(text: string, table: Table): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < 0x80) bytes.push(code);
    else bytes.push(...(table.get(character) ?? question));
  }
  return Uint8Array.from(bytes);
}

/** Reverse of the platform's decoder over all single bytes and all pairs: it has decoders only. Made on first use of a set. */
function tableOf(encoding: string): Table {
  const kept = tables.get(encoding);
  if (kept !== undefined) return kept;
  const table = new Map<string, readonly number[]>();
  for (let lead = 0x80; lead <= 0xff; lead++) {
    if (add(table, encoding, [lead])) continue;
    for (let trail = 0x30; trail <= 0xfe; trail++) add(table, encoding, [lead, trail]);
  }
  if (encoding === 'euc-jp') addSupplement(table, encoding);
  tables.set(encoding, table);
  return table;
}

function addSupplement(table: Map<string, readonly number[]>, encoding: string): void {
  for (let lead = 0xa1; lead <= 0xfe; lead++) {
    for (let trail = 0xa1; trail <= 0xfe; trail++) add(table, encoding, [0x8f, lead, trail]);
  }
}

/** Whether the bytes are one character beyond ASCII; the first bytes found for a character stand. */
function add(table: Map<string, readonly number[]>, encoding: string, bytes: readonly number[]): boolean {
  const { text, isValid } = decodeBytes(Buffer.from(bytes), encoding);
  if (!isValid || text.codePointAt(0)! < 0x80 || [...text].length !== 1) return false;
  if (!table.has(text)) table.set(text, bytes);
  return true;
}

function encodeIso2022Jp(text: string): Uint8Array {
  const table = tableOf('euc-jp');
  const bytes: number[] = [];
  let set = '(B';
  for (const character of `${text}\0`) {
    const code = character.codePointAt(0)!;
    const run = iso2022Of(code < 0x80 ? [code] : (table.get(character) ?? question));
    if (run.escape !== set) bytes.push(0x1b, ...Buffer.from(run.escape, 'latin1'));
    set = run.escape;
    bytes.push(...run.bytes);
  }
  // The closing NUL only made the loop return to ASCII.
  return Uint8Array.from(bytes.slice(0, -1));
}
