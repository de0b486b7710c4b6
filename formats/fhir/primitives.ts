/**
 * Lexical rules of the primitive datatypes (FHIR R4 §2.24.0.1), with two that the regular expressions of the standard
 * leave out: days that the calendar has not, and strings of nothing but white space.
 */
const jsonTypes: { readonly [type: string]: 'string' | 'number' | 'boolean' } = {
  base64Binary: 'string',
  boolean: 'boolean',
  canonical: 'string',
  code: 'string',
  date: 'string',
  dateTime: 'string',
  decimal: 'number',
  id: 'string',
  instant: 'string',
  integer: 'number',
  markdown: 'string',
  oid: 'string',
  positiveInt: 'number',
  string: 'string',
  time: 'string',
  unsignedInt: 'number',
  uri: 'string',
  url: 'string',
  uuid: 'string',
  xhtml: 'string',
};

const year = '\\d{4}';
const day = '-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])';
const clock = '(?:[01]\\d|2[0-3]):[0-5]\\d:(?:[0-5]\\d|60)(?:\\.\\d{1,9})?';
const zone = '(?:Z|[+-](?:(?:0\\d|1[0-3]):[0-5]\\d|14:00))';

const patterns: { readonly [type: string]: RegExp } = {
  canonical: /^\S+$/,
  code: /^\S+(?:\s\S+)*$/,
  date: new RegExp(`^${year}(?:-(?:0[1-9]|1[0-2])|${day})?$`),
  dateTime: new RegExp(`^${year}(?:-(?:0[1-9]|1[0-2])|${day}(?:T${clock}${zone})?)?$`),
  id: /^[A-Za-z0-9\-.]{1,64}$/,
  instant: new RegExp(`^${year}${day}T${clock}${zone}$`),
  oid: /^urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+$/,
  time: new RegExp(`^${clock}$`),
  uri: /^\S+$/,
  url: /^\S+$/,
  uuid: /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
};

/** FHIR R4: a string shall not exceed 1 MB; narrative and base64 may. */
export const stringCharsMax = 1024 * 1024;
const unbounded = new Set(['base64Binary', 'xhtml']);
const dated = new Set(['date', 'dateTime', 'instant']);
const controlCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;

export function isPrimitive(type: string): boolean {
  return Object.hasOwn(jsonTypes, type);
}

/** What is wrong with the value as one of the type, or undefined. Never shows the value: it may be patient data. */
export function primitiveFault(type: string, value: unknown): string | undefined {
  const expected = jsonTypes[type];
  if (typeof value !== expected) return `expected a JSON ${expected}, found ${nameOf(value)}`;
  if (typeof value === 'string') return stringFault(type, value);
  if (typeof value === 'number') return numberFault(type, value);
  return undefined;
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a JSON ${typeof value}`;
}

function stringFault(type: string, text: string): string | undefined {
  if (text.trim() === '') return 'empty string (ele-1)';
  if (text.length > stringCharsMax && !unbounded.has(type)) return 'string over 1 MB';
  if (type === 'base64Binary') return isBase64(text) ? undefined : 'not base64';
  if (patterns[type]?.test(text) === false) return `not a valid ${type}`;
  if (controlCharacter.test(text)) return 'control character in a string';
  return dated.has(type) && !isInCalendar(text) ? `a day that no calendar has` : undefined;
}

function numberFault(type: string, value: number): string | undefined {
  if (!Number.isFinite(value)) return 'number out of range';
  if (type === 'decimal') return undefined;
  if (!Number.isInteger(value) || value < -0x80000000 || value > 0x7fffffff) return `not a valid ${type}`;
  if (type === 'positiveInt' && value < 1) return 'not a positive number';
  return type === 'unsignedInt' && value < 0 ? 'a negative number' : undefined;
}

/** Linear on purpose: a regular expression with groups over megabytes of base64 costs far more. */
function isBase64(text: string): boolean {
  const compact = /\s/.test(text) ? text.replace(/\s+/g, '') : text;
  return compact.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(compact);
}

function isInCalendar(text: string): boolean {
  if (text.startsWith('0000')) return false;
  if (text.length < 10) return true;
  const [years, months, days] = [
    Number(text.slice(0, 4)),
    Number(text.slice(5, 7)),
    Number(text.slice(8, 10)),
  ];
  return days <= new Date(Date.UTC(2000 + (years % 400), months, 0)).getUTCDate();
}
