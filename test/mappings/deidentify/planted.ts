import type { WritableDataset, WritableElement } from '../../../formats/dicom/index.ts';
import { deidentify } from '../../../mappings/deidentify/deidentify.ts';
import { type DeidentifyPolicy, deidentifySchema, policyOf } from '../../../mappings/deidentify/policy.ts';
import { pseudonymsOf } from '../../../mappings/deidentify/pseudonyms.ts';

export const secret = 'a key of the tests, at least 32 characters';
export const pseudonyms = pseudonymsOf(secret);

export const policy = (settings: Parameters<typeof deidentifySchema.parse>[0] = {}): DeidentifyPolicy =>
  policyOf(deidentifySchema.parse(settings));

export const run = (bytes: Uint8Array, settings: Parameters<typeof deidentifySchema.parse>[0] = {}) =>
  deidentify(bytes, policy(settings), pseudonyms);

export const text = (vr: string, ...value: readonly string[]): WritableElement => ({ vr, value });
export const items = (...value: readonly WritableDataset[]): WritableElement => ({ vr: 'SQ', value });
export const numbers = (vr: string, ...value: readonly number[]): WritableElement => ({ vr, value });
export type Planted = readonly [number, WritableElement];
export const data = (...elements: readonly Planted[]): WritableDataset => new Map(elements);

/** In which encodings a text stands somewhere in bytes. */
export function tracesOf(bytes: Uint8Array, needle: string): readonly string[] {
  const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const utf8 = Buffer.from(needle, 'utf8');
  const latin1 = haystack.toString('latin1').toLowerCase();
  const within = (name: string, form: string | Buffer): string[] => {
    const found = typeof form === 'string' ? latin1.includes(form.toLowerCase()) : haystack.includes(form);
    return found ? [name] : [];
  };
  const utf16 = Buffer.from(needle, 'utf16le');
  return [
    ...within('utf-8', utf8.toString('latin1')),
    ...within('latin-1', Buffer.from(needle, 'latin1').toString('latin1')),
    ...within('utf-16le', utf16),
    ...within('utf-16be', Buffer.from(utf16).swap16()),
    ...within('hex', utf8.toString('hex')),
    ...[0, 1, 2].flatMap((shift) => within('base64', innerBase64(utf8, shift))),
  ];
}

/** The characters of a base64 text that depend on the bytes only, wherever in it they begin; exact in case. */
function innerBase64(bytes: Buffer, shift: number): Buffer {
  const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const from = shift === 0 ? 0 : shift + 1;
  const whole = Math.floor(((shift + bytes.length) * 8) / 6);
  return Buffer.from(encoded.slice(from, whole), 'latin1');
}
