import type { Bundle, FhirObject, FhirValue } from './bundle.ts';
import { digitsIn } from './decimals.ts';
import { textBoxOf } from './kept.ts';

/**
 * JSON text of a Bundle, with decimals as they were sent. Use it wherever the bytes leave: `JSON.stringify` drops trailing zeros. But for
 * those it gives the same text, and takes longer: it knows nothing of what was printed before.
 */
export function printBundle(bundle: Bundle): string {
  const out: string[] = [];
  printObject(bundle as unknown as FhirObject, out);
  return out.join('');
}

/** Pieces are collected and joined once: a text that grows piece by piece has to be flattened, which takes twice as long. */
function print(value: FhirValue, out: string[]): void {
  if (typeof value === 'string') printText(value, out);
  else if (typeof value !== 'object') out.push(JSON.stringify(value));
  else if (Array.isArray(value)) printList(value, out);
  else printObject(value, out);
}

function printList(list: readonly FhirValue[], out: string[]): void {
  if (list.length === 0) out.push('[]');
  for (let at = 0; at < list.length; at++) {
    out.push(at === 0 ? '[' : ',');
    print(list[at]!, out);
  }
  if (list.length > 0) out.push(']');
}

function printObject(value: FhirObject, out: string[]): void {
  const box = textBoxOf(value);
  if (box === undefined) printMembers(value, out);
  else {
    if (box.text === undefined) {
      const own: string[] = [];
      printMembers(value, own);
      box.text = own.join('');
    }
    out.push(box.text);
  }
}

function printMembers(value: FhirObject, out: string[]): void {
  let isFirst = true;
  for (const name in value) {
    const inner = value[name];
    if (inner === undefined) continue;
    const printed = known(name);
    if (typeof inner === 'string' && !escaped.test(inner)) {
      out.push(isFirst ? printed.firstText : printed.nextText, inner, '"');
      isFirst = false;
      continue;
    }
    out.push(isFirst ? printed.first : printed.next);
    isFirst = false;
    const digits = typeof inner === 'number' && name === 'value' ? digitsIn(value) : undefined;
    if (digits === undefined) print(inner, out);
    else out.push(digits);
  }
  out.push(isFirst ? '{}' : '}');
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

function printText(text: string, out: string[]): void {
  if (escaped.test(text)) out.push(JSON.stringify(text));
  else out.push('"', text, '"');
}
