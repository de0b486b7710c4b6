import type { Bundle, BundleEntry, FhirObject, FhirValue } from './bundle.ts';
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
  const { entry, ...head } = bundle;
  let text = membersText(head as unknown as FhirObject).slice(0, -1);
  for (let at = 0; at < entry.length; at++) text += (at === 0 ? ',"entry":[' : ',') + entryText(entry[at]!);
  return `${text}${entry.length === 0 ? ',"entry":[]' : ']'}}`;
}

/** What an entry has is known: nobody needs to ask it. */
function entryText(entry: BundleEntry): string {
  const box = textBoxOf(entry);
  if (box?.text !== undefined) return box.text;
  const { fullUrl, resource, request } = entry;
  const { method, url, ifNoneExist } = request;
  const head = `{"fullUrl":${quoted(fullUrl)},"resource":${objectText(resource)}`;
  const condition = ifNoneExist === undefined ? '' : `,"ifNoneExist":${quoted(ifNoneExist)}`;
  const text = `${head},"request":{"method":"${method}","url":${quoted(url)}${condition}}}`;
  if (box === undefined) return text;
  box.text = inOnePiece(text);
  return box.text;
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

/** The quote that ends a text is part of what follows it: one piece less for each text. */
function membersText(value: FhirObject): string {
  let text = '';
  let isOpen = false;
  for (const name in value) {
    const inner = value[name];
    if (inner === undefined) continue;
    const printed = known(name);
    if (typeof inner === 'string' && !escaped.test(inner)) {
      text += (text === '' ? printed.firstText : isOpen ? printed.closingText : printed.nextText) + inner;
      isOpen = true;
      continue;
    }
    const digits = typeof inner === 'number' && name === 'value' ? digitsIn(value) : undefined;
    text +=
      (text === '' ? printed.first : isOpen ? printed.closing : printed.next) + (digits ?? valueText(inner));
    isOpen = false;
  }
  return text === '' ? '{}' : `${text}${isOpen ? '"}' : '}'}`;
}

/** An element's name as the first of its object, after another, and after a text whose quote it closes; in front of a text with its quote. */
interface PrintedName {
  readonly first: string;
  readonly next: string;
  readonly closing: string;
  readonly firstText: string;
  readonly nextText: string;
  readonly closingText: string;
}

/** Element names are few; the bound is a safety rail. */
const namesMax = 10_000;
const names = new Map<string, PrintedName>();

function known(name: string): PrintedName {
  const before = names.get(name);
  if (before !== undefined) return before;
  const text = `${JSON.stringify(name)}:`;
  const printed = {
    first: inOnePiece(`{${text}`),
    next: inOnePiece(`,${text}`),
    closing: inOnePiece(`",${text}`),
    firstText: inOnePiece(`{${text}"`),
    nextText: inOnePiece(`,${text}"`),
    closingText: inOnePiece(`",${text}"`),
  };
  if (names.size < namesMax) names.set(name, printed);
  return printed;
}

/** Characters that JSON escapes, and surrogates, which it escapes when they stand alone. */
const escaped = /["\\\u0000-\u001f\ud800-\udfff]/;

const quoted = (text: string): string => (escaped.test(text) ? JSON.stringify(text) : `"${text}"`);
