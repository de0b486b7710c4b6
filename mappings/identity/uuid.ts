import { nameHash } from './sha1.ts';

/** Makes UUIDs of version 5 (RFC 9562 5.5) in one namespace. Key parts are joined so that no two lists of parts give the same name. */
export type NameUuid = (...parts: readonly string[]) => string;

export function nameUuid(namespace: string): NameUuid {
  const { digest } = nameHash(Buffer.from(namespace.replaceAll('-', ''), 'hex'));
  return (...parts) => uuidOf(digest(joinParts(parts)));
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const two = (word: number, shift: number): string =>
  `${hex[(word >>> (shift + 8)) & 0xff]}${hex[(word >>> shift) & 0xff]}`;

/** The first 128 bits, with version 5 and the variant of RFC 9562 written over six of them. */
function uuidOf(words: Int32Array): string {
  const [first = 0, second = 0, third = 0, fourth = 0] = words;
  const version = (second & 0xffff0fff) | 0x5000;
  const variant = (third & 0x3fffffff) | 0x80000000;
  const head = `${two(first, 16)}${two(first, 0)}-${two(version, 16)}-${two(version, 0)}`;
  return `${head}-${two(variant, 16)}-${two(variant, 0)}${two(fourth, 16)}${two(fourth, 0)}`;
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
