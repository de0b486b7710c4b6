import { BitHiveError } from '../../../core/errors.ts';
import type { Json, JsonObject } from '../../../core/json.ts';

/** Stands in front of the digits of a number that JavaScript would write otherwise. No text of FHIR holds it (R4 2.24.0.1). */
const mark = '\u0000';
const token = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * Parses a FHIR JSON body with the digits of its numbers kept: `12.50` must not leave as 12.5. Throws BH_FHIR_SYNTAX.
 */
export function parseWithDigits(text: string): JsonObject {
  const marked = text.replace(token, (found) =>
    found.startsWith('"') || String(Number(found)) === found ? found : `"\\u0000${found}"`,
  );
  try {
    const value: unknown = JSON.parse(marked);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch (cause) {
    throw new BitHiveError('BH_FHIR_SYNTAX', 'the body is not JSON', { cause });
  }
  throw new BitHiveError('BH_FHIR_SYNTAX', 'the body is not a JSON object');
}

/** The text of a leaf: a number with its digits and without an exponent, as HL7 NM has it (HL7 v2.5.1 2.A.47). */
export function leafText(value: Json | undefined): string {
  if (typeof value === 'number') return plainDecimal(String(value));
  if (typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return '';
  return value.startsWith(mark) ? plainDecimal(value.slice(1)) : value;
}

function plainDecimal(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?[eE]([+-]?\d{1,3})$/.exec(text);
  if (match === null) return text;
  const [, sign = '', whole = '', fraction = '', exponent = ''] = match;
  const point = whole.length + Number(exponent);
  const digits = whole + fraction;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return `${sign}${digits}${'0'.repeat(point - digits.length)}`;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
