import { decodeIso2022 } from './iso-2022.ts';
import { decodeLatin1 } from './plain-text.ts';

/** What turns the bytes of a text VR into a string. Bytes that the set does not define become U+FFFD. */
export interface CharacterSet {
  decode(bytes: Uint8Array, vr: string): string;
}

/**
 * The default repertoire is ISO_IR 6. Bytes above it are not allowed there but common; they are read as ISO 8859-1, which loses
 * nothing, instead of as U+FFFD.
 */
export const defaultCharacterSet: CharacterSet = { decode: decodeLatin1 };

/** Defined terms of (0008,0005) without code extensions (PS3.3 C.12.1.1.2), as the labels of the WHATWG encoding standard. */
const singleEncodings: Readonly<Record<string, string>> = {
  'ISO_IR 101': 'iso-8859-2',
  'ISO_IR 109': 'iso-8859-3',
  'ISO_IR 110': 'iso-8859-4',
  'ISO_IR 126': 'iso-8859-7',
  'ISO_IR 127': 'iso-8859-6',
  'ISO_IR 138': 'iso-8859-8',
  'ISO_IR 144': 'iso-8859-5',
  'ISO_IR 148': 'windows-1254',
  'ISO_IR 166': 'windows-874',
  'ISO_IR 203': 'iso-8859-15',
  'ISO_IR 192': 'utf-8',
  GB18030: 'gb18030',
  GBK: 'gb18030',
};

/** The set that the values of (0008,0005) name. A term that no edition defines is read as the default repertoire. */
export function characterSet(terms: readonly string[]): CharacterSet {
  const names = terms.map(normalise);
  const first = names[0] ?? '';
  // UTF-8 and GB18030 forbid code extensions; a second value beside them is an error that changes nothing.
  const label = singleEncodings[first];
  if (label === 'utf-8' || label === 'gb18030') return textDecoderSet(label);
  if (names.length > 1 || first.startsWith('ISO 2022')) return iso2022Set(initialOf(names));
  if (label !== undefined) return textDecoderSet(label);
  // JIS X 0201; and the sets of two bytes, which need code extensions whatever the writer called them.
  // Those two are not: an escape in them designates nothing, and a reader must see it (and make it harmless).
  const isPlain = first === 'ISO_IR 6' || first === 'ISO_IR 100';
  return first.startsWith('ISO_IR ') && !isPlain ? iso2022Set(first) : defaultCharacterSet;
}

/** Writers vary in case, in space against underscore, and in the hyphen: `ISO-IR 100`, `iso_ir100`, `ISO 2022 IR100`. */
function normalise(term: string): string {
  const text = term.trim().toUpperCase();
  const single = /^ISO[ _-]?IR[ _-]?(\d+)$/.exec(text);
  if (single) return `ISO_IR ${single[1]}`;
  const extended = /^ISO[ _-]?2022[ _-]?IR[ _-]?(\d+)$/.exec(text);
  if (extended) return `ISO 2022 IR ${extended[1]}`;
  return text === 'UTF-8' || text === 'UTF8' ? 'ISO_IR 192' : text;
}

function textDecoderSet(label: string): CharacterSet {
  const decoder = new TextDecoder(label, { ignoreBOM: true });
  return { decode: (bytes) => decoder.decode(bytes) };
}

/**
 * The set that the high bytes are in at first. The default repertoire has none; where one other set is declared beside it, writers use that without
 * designating it (Korean and Chinese ones do), and to read it so loses nothing.
 */
function initialOf([first = '', ...others]: readonly string[]): string {
  const hasHighBytes = first !== '' && first !== 'ISO 2022 IR 6' && first !== 'ISO_IR 6';
  const candidates = others.filter((name) => !lowSets.has(name));
  return !hasHighBytes && candidates.length === 1 ? candidates[0]! : first;
}

/** These stand in place of ASCII, not beside it. */
const lowSets: ReadonlySet<string> = new Set(['ISO 2022 IR 6', 'ISO 2022 IR 87', 'ISO 2022 IR 159']);

function iso2022Set(first: string): CharacterSet {
  const initial = first.replace(/^ISO(?:_IR| 2022 IR) /, '');
  return { decode: (bytes, vr) => decodeIso2022(bytes, initial, vr) };
}
