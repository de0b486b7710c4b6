import { createHash } from 'node:crypto';

/** A UID under `2.25.` (PS3.5 B.2) that the same parts always give: 122 bits of their hash as a UUID of version 8 in decimal. */
export function derivedUid(...parts: readonly (string | number)[]): string {
  const hex = createHash('sha256')
    .update(`bithive|dimse|${parts.join('|')}`)
    .digest('hex');
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 3) | 8).toString(16);
  return `2.25.${BigInt(`0x${hex.slice(0, 12)}8${hex.slice(13, 16)}${variant}${hex.slice(17, 32)}`)}`;
}
