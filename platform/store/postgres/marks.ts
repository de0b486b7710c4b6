import { createHash } from 'node:crypto';

const separator = '\u001f';
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * 128 bits of SHA-256 as a uuid, PostgreSQL's only type of that size. Two names do not meet in one by accident,
 * so an index over marks decides without reading the row.
 */
export function markOf(...parts: readonly string[]): string {
  return digest(parts.join(separator)).toString('hex', 0, 16);
}

/** 48 bits of SHA-256: a whole number in JavaScript. Two keys may share one, so what a term finds is verified on the row. */
export function searchTerm(text: string): number {
  return digest(text).readUIntBE(0, 6);
}
