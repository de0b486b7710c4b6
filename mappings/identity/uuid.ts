import { createHash } from 'node:crypto';

/** Makes UUIDs of version 5 (RFC 9562 5.5) in one namespace. Key parts are joined so that no two lists of parts give the same name. */
export type NameUuid = (...parts: readonly string[]) => string;

export function nameUuid(namespace: string): NameUuid {
  const space = Buffer.from(namespace.replaceAll('-', ''), 'hex');
  return (...parts) => {
    const hash = createHash('sha1').update(space).update(joinParts(parts)).digest('hex');
    const variant = ((Number.parseInt(hash[16] as string, 16) & 0x3) | 0x8).toString(16);
    return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-5${hash.slice(13, 16)}-${variant}${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
  };
}

/** `a|b` is two parts, a part that holds a bar is not: the bar and the backslash are escaped. */
export function joinParts(parts: readonly string[]): string {
  return parts.map((part) => (/[\\|]/.test(part) ? part.replace(/[\\|]/g, '\\$&') : part)).join('|');
}
