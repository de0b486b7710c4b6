import { nameHash } from './sha1.ts';

/** Makes UUIDs of version 5 (RFC 9562 5.5) in one namespace. Key parts are joined so that no two lists of parts give the same name. */
export type NameUuid = (...parts: readonly string[]) => string;

export function nameUuid(namespace: string): NameUuid {
  const { digest } = nameHash(Buffer.from(namespace.replaceAll('-', ''), 'hex'));
  return (...parts) => uuidOf(digest(joinParts(parts)));
}

const digits = Buffer.from('0123456789abcdef', 'latin1');
/** The text that is being written: made as bytes, a UUID costs one string and not twenty. */
const text = Buffer.from('00000000-0000-0000-0000-000000000000', 'latin1');
/** Where the eight groups of four digits stand, between the dashes. */
const groups = [0, 4, 9, 14, 19, 24, 28, 32] as const;

/** The first 128 bits, with version 5 and the variant of RFC 9562 written over six of them. */
function uuidOf(words: Int32Array): string {
  for (let group = 0; group < 8; group++) {
    let bits = words[group >> 1]! >>> (group % 2 === 0 ? 16 : 0);
    if (group === 3) bits = (bits & 0x0fff) | 0x5000;
    else if (group === 4) bits = (bits & 0x3fff) | 0x8000;
    const start = groups[group]!;
    for (let at = 3; at >= 0; at--) {
      text[start + at] = digits[bits & 0xf]!;
      bits >>>= 4;
    }
  }
  return text.toString('latin1');
}

/** `a|b` is two parts, a part that holds a bar is not: the bar and the backslash are escaped. */
export function joinParts(parts: readonly string[]): string {
  let joined = '';
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at] as string;
    if (at > 0) joined += '|';
    joined += part.includes('|') || part.includes('\\') ? part.replace(/[\\|]/g, '\\$&') : part;
  }
  return joined;
}
