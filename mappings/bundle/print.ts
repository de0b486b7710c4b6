import type { Bundle, FhirObject, FhirValue } from './bundle.ts';
import { digitsIn } from './decimals.ts';
import { textBoxOf } from './kept.ts';

/**
 * JSON text of a Bundle, with decimals as they were sent. Use it wherever the bytes leave: `JSON.stringify` drops trailing zeros. But for
 * those it gives the same text, and takes longer: it knows nothing of what was printed before.
 *
 * Texts are added up, not collected and joined: the engine copies the pieces once, when the text is encoded, and a join of so many
 * takes twice as long.
 */
export function printBundle(bundle: Bundle): string {
  return objectText(bundle as unknown as FhirObject);
}

function valueText(value: FhirValue): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object') return JSON.stringify(value);
  return Array.isArray(value) ? listText(value) : objectText(value);
}

function listText(list: readonly FhirValue[]): string {
  if (list.length === 0) return '[]';
  let text = '[';
  for (let at = 0; at < list.length; at++) {
    if (at > 0) text += ',';
    text += valueText(list[at]!);
  }
  return `${text}]`;
}

function objectText(value: FhirObject): string {
  const box = textBoxOf(value);
  if (box === undefined) return membersText(value);
  box.text ??= inOnePiece(membersText(value));
  return box.text;
}

/** A text that is printed again and again must not be put together again each time. */
const inOnePiece = (text: string): string => Buffer.from(text, 'utf8').toString('utf8');

function membersText(value: FhirObject): string {
  let text = '';
  for (const name in value) {
    const inner = value[name];
    if (inner === undefined) continue;
    const printed = known(name);
    if (typeof inner === 'string' && !escaped.test(inner)) {
      text += `${text === '' ? printed.firstText : printed.nextText}${inner}"`;
      continue;
    }
    const digits = typeof inner === 'number' && name === 'value' ? digitsIn(value) : undefined;
    text += (text === '' ? printed.first : printed.next) + (digits ?? valueText(inner));
  }
  return text === '' ? '{}' : `${text}}`;
}

/** An element's name as the first of its object, and as one after another; in front of a text with its quote. */
interface PrintedName {
  readonly first: string;
  readonly next: string;
  readonly firstText: string;
  readonly nextText: string;
}

/** Element names are few; the bound is a safety rail. */
const namesMax = 10_000;
const names = new Map<string, PrintedName>();

function known(name: string): PrintedName {
  const before = names.get(name);
  if (before !== undefined) return before;
  const text = `${JSON.stringify(name)}:`;
  const printed = { first: `{${text}`, next: `,${text}`, firstText: `{${text}"`, nextText: `,${text}"` };
  if (names.size < namesMax) names.set(name, printed);
  return printed;
}

/** Characters that JSON escapes, and surrogates, which it escapes when they stand alone. */
const escaped = /["\\\u0000-\u001f\ud800-\udfff]/;

const quoted = (text: string): string => (escaped.test(text) ? JSON.stringify(text) : `"${text}"`);
