import type { DicomDataset } from './dataset.ts';
import type { DicomElement } from './element.ts';
import { readNumbers } from './number-values.ts';
import { tags } from './tags.ts';
import { readTexts } from './text-values.ts';
import { vrTraits } from './vr.ts';
import { littleEndianWords } from './words.ts';

type JsonValue = string | number | null | { readonly [group: string]: string };

export interface DicomJsonOptions {
  /** Binary values of more bytes, pixel data and what was not loaded are named by their URI. */
  readonly inlineBytesMax: number;
  /** `length` is -1 for encapsulated pixel data. */
  bulkDataUri(element: DicomElement): string;
}

/**
 * The DICOM JSON model of a data set (PS3.18 F) as text, without group 0002 and group lengths; text is Unicode whatever it was in the object.
 * Not as an object of JavaScript, which cannot hold members in the order of their tags as F.2.2 demands.
 */
export function dicomJson(dataset: DicomDataset, options: DicomJsonOptions): string {
  return [...dicomJsonPieces(dataset, options)].join('');
}

/** The same in pieces, one for an element or less: an object may have a million of them, and who writes them can pause between. */
export function* dicomJsonPieces(dataset: DicomDataset, options: DicomJsonOptions): Generator<string> {
  const elements = [...dataset.elements].filter(({ tag }) => (tag & 0xffff) !== 0);
  elements.sort((a, b) => a.tag - b.tag);
  if (elements.length === 0) yield '{}';
  for (const [at, element] of elements.entries()) {
    const name = element.tag.toString(16).padStart(8, '0').toUpperCase();
    const start = `${at === 0 ? '{' : ','}"${name}":`;
    if (element.items === undefined) yield start + jsonElement(element, dataset, options);
    else yield* sequencePieces(start, element.items, options);
    if (at === elements.length - 1) yield '}';
  }
}

function* sequencePieces(
  start: string,
  items: readonly DicomDataset[],
  options: DicomJsonOptions,
): Generator<string> {
  yield `${start}{"vr":"SQ"${items.length === 0 ? '' : ',"Value":['}`;
  for (const [at, item] of items.entries()) {
    if (at > 0) yield ',';
    yield* dicomJsonPieces(item, options);
  }
  yield items.length === 0 ? '}' : ']}';
}

/** `vr` and one of Value, InlineBinary, BulkDataURI; an empty element has none of them. */
function jsonElement(element: DicomElement, dataset: DicomDataset, options: DicomJsonOptions): string {
  const { vr } = element;
  if (element.tag === tags.specificCharacterSet) return JSON.stringify({ vr, Value: ['ISO_IR 192'] });
  if (element.length === 0) return JSON.stringify({ vr });
  const isBinary = vr === 'UN' || vr.startsWith('O');
  if (!element.isLoaded || element.length < 0 || (isBinary && element.length > options.inlineBytesMax)) {
    return JSON.stringify({ vr, BulkDataURI: options.bulkDataUri(element) });
  }
  if (isBinary) {
    const bytes = littleEndianWords(element.bytes, vr, dataset.isBigEndian);
    return JSON.stringify({ vr, InlineBinary: Buffer.from(bytes).toString('base64') });
  }
  const values = valuesOf(element, dataset);
  return JSON.stringify(values.every((value) => value === null) ? { vr } : { vr, Value: values });
}

function valuesOf(element: DicomElement, dataset: DicomDataset): readonly JsonValue[] {
  const { vr } = element;
  if (vr === 'SV' || vr === 'UV') return wideIntegers(element, dataset.isBigEndian);
  const isNumeric = vr === 'DS' || vr === 'IS' || (vr !== 'AT' && vrTraits(vr).text === null);
  if (isNumeric) {
    const numbers = readNumbers(element, dataset.isBigEndian);
    if (numbers.length > 0) return numbers;
  }
  const texts = readTexts(element, dataset);
  return texts.map((text) => {
    if (vr === 'PN') return nameGroups(text);
    return text === '' ? null : text;
  });
}

/** Beyond 2^53 as strings (PS3.18 F.2.3). */
function wideIntegers(element: DicomElement, isBigEndian: boolean): readonly JsonValue[] {
  const { bytes } = element;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: Math.floor(bytes.length / 8) }, (_, i) => {
    const read = element.vr === 'SV' ? view.getBigInt64 : view.getBigUint64;
    const value = read.call(view, i * 8, !isBigEndian);
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  });
}

/** PS3.18 F.2.2: the three groups of a name, with their carets. */
function nameGroups(text: string): { readonly [group: string]: string } | null {
  const groups = text.split('=', 3).map((group) => trimCarets(group.trim()));
  const names = ['Alphabetic', 'Ideographic', 'Phonetic'];
  const entries = groups.map((group, at) => [names[at], group] as const).filter(([, group]) => group !== '');
  return entries.length === 0 ? null : Object.fromEntries(entries);
}

/** Not a regular expression: a megabyte of carets must take linear time. */
function trimCarets(text: string): string {
  let end = text.length;
  while (text[end - 1] === '^') end -= 1;
  return text.slice(0, end);
}
