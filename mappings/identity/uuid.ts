import { hash } from 'node:crypto';

/** Makes UUIDs of version 5 (RFC 9562 5.5) in one namespace. Key parts are joined so that no two lists of parts give the same name. */
export type NameUuid = (...parts: readonly string[]) => string;

/** The same wards, physicians and payers come in every message: their UUIDs are kept. */
const keptMax = 20_000;

export function nameUuid(namespace: string): NameUuid {
  const space = Buffer.from(namespace.replaceAll('-', ''), 'hex');
  const kept = new Map<string, string>();
  return (...parts) => {
    const name = joinParts(parts);
    const before = kept.get(name);
    if (before !== undefined) return before;
    const uuid = uuidOf(hash('sha1', Buffer.concat([space, Buffer.from(name)]), 'hex'));
    if (kept.size >= keptMax) kept.clear();
    kept.set(name, uuid);
    return uuid;
  };
}

function uuidOf(digest: string): string {
  const variant = ((Number.parseInt(digest.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-5${digest.slice(13, 16)}-${variant}${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
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
