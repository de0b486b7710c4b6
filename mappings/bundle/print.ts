import type { Bundle, FhirObject, FhirValue } from './bundle.ts';
import { digitsIn } from './decimals.ts';
import { textBoxOf } from './kept.ts';

/**
 * JSON text of a Bundle, with decimals as they were sent. Use it wherever the bytes leave: `JSON.stringify` drops trailing zeros. But for
 * those it gives the same text, and takes longer: it knows nothing of what was printed before.
 */
export function printBundle(bundle: Bundle): string {
  return printObject(bundle as unknown as FhirObject);
}

function print(value: FhirValue): string {
  if (typeof value === 'string') return printText(value);
  if (typeof value !== 'object') return JSON.stringify(value);
  return Array.isArray(value) ? printList(value) : printObject(value);
}

function printList(list: readonly FhirValue[]): string {
  let text = '[';
  for (let at = 0; at < list.length; at++) text += at === 0 ? print(list[at]!) : `,${print(list[at]!)}`;
  return `${text}]`;
}

function printObject(value: FhirObject): string {
  const box = textBoxOf(value);
  if (box?.text !== undefined) return box.text;
  let text = '';
  for (const name in value) {
    const inner = value[name];
    if (inner === undefined) continue;
    const digits = typeof inner === 'number' && name === 'value' ? digitsIn(value) : undefined;
    text += `${text === '' ? '{' : ','}${printName(name)}${digits ?? print(inner)}`;
  }
  text = text === '' ? '{}' : `${text}}`;
  if (box !== undefined) box.text = text;
  return text;
}

/** Element names are few; the bound is a safety rail. */
const namesMax = 10_000;
const names = new Map<string, string>();

function printName(name: string): string {
  const known = names.get(name);
  if (known !== undefined) return known;
  const text = `${JSON.stringify(name)}:`;
  if (names.size < namesMax) names.set(name, text);
  return text;
}

/** Characters that JSON escapes, and surrogates, which it escapes when they stand alone. */
const escaped = /["\\\u0000-\u001f\ud800-\udfff]/;

const printText = (text: string): string => (escaped.test(text) ? JSON.stringify(text) : `"${text}"`);
