import { dictionaryVr, type WritableDataset, type WritableElement } from '../../formats/dicom/index.ts';
import { cleanText } from './clean-text.ts';
import type { Cleaning, Where } from './cleaning.ts';
import { dummyElement, emptyElement, removedContent } from './dummy-value.ts';
import { itemsOf, textsOf } from './element-values.ts';
import { emptyDocument, isDocumentTag } from './empty-document.ts';
import { newUid } from './new-uid.ts';
import type { ProfileRow } from './profile-table.ts';
import { type Action, basicAction, type Place } from './resolve-action.ts';
import { shiftDate } from './shift-date.ts';
import { whatMayStay } from './what-may-stay.ts';

/** The data set around an element, and how its items are cleaned. */
export interface Inside {
  readonly dataset: WritableDataset;
  readonly where: Where;
  readonly cleaning: Cleaning;
  cleanItems(
    items: readonly WritableDataset[],
    mode: Where['mode'],
    cleaning: Cleaning,
  ): readonly WritableDataset[];
}

/** A listed attribute. */
export interface Listed {
  readonly tag: number;
  readonly element: WritableElement;
  readonly row: ProfileRow;
  readonly place: Place;
}

const patientIdTag = 0x00100020;
const contentSequenceTag = 0x0040a730;

/** @returns what stands in the element's place; undefined where nothing does */
export function applyAction(action: Action, listed: Listed, inside: Inside): WritableElement | undefined {
  const { counts } = inside.cleaning;
  switch (action) {
    case 'K':
      counts.K += 1;
      return kept(listed.element, inside);
    case 'C':
      return clean(listed, inside);
    case 'U':
      return withNewUids(listed, inside);
    default:
      return applyBasic(action, listed, inside);
  }
}

function applyBasic(action: 'X' | 'Z' | 'D', listed: Listed, inside: Inside): WritableElement | undefined {
  const { tag, element } = listed;
  const { counts, patientId } = inside.cleaning;
  if (tag === patientIdTag && inside.where.isTopLevel) {
    counts.D += 1;
    return { vr: 'LO', value: [patientId] };
  }
  counts[action] += 1;
  if (action === 'X') return undefined;
  const vr = knownVr(tag, element.vr);
  if (action === 'Z') return emptyElement(vr);
  return dummy(tag, { ...element, vr }, inside);
}

function dummy(tag: number, element: WritableElement, inside: Inside): WritableElement {
  const { dataset, cleaning } = inside;
  const { vr } = element;
  if (vr === 'UI') return { vr, value: textsOf(element).map((uid) => newUid(uid, cleaning)) };
  if (isDocumentTag(tag)) return emptyDocument(dataset);
  if (vr !== 'SQ') return dummyElement(vr);
  if (tag === contentSequenceTag) return { vr, value: removedContent };
  return { vr, value: inside.cleanItems(itemsOf(element).slice(0, 1), 'dummy', cleaning) };
}

/** An option keeps it: sequences keep their form, and what the table says of their content still counts. */
function kept(element: WritableElement, inside: Inside): WritableElement {
  if (element.vr === 'SQ')
    return { vr: 'SQ', value: inside.cleanItems(itemsOf(element), 'kept', inside.cleaning) };
  return whatMayStay(element, inside.cleaning);
}

function clean(listed: Listed, inside: Inside): WritableElement | undefined {
  const { tag, element, row, place } = listed;
  const { cleaning } = inside;
  const cleaned = cleanedValue(element, inside);
  if (cleaned !== undefined) {
    cleaning.counts.C += 1;
    return cleaned.vr === 'SQ' ? cleaned : whatMayStay(cleaned, cleaning);
  }
  const basic = basicAction(row.basic, tag, place);
  return basic === 'U' ? withNewUids(listed, inside) : applyBasic(basic as 'X' | 'Z' | 'D', listed, inside);
}

const freeText: ReadonlySet<string> = new Set(['LO', 'LT', 'SH', 'ST', 'UC', 'UT']);

/** Action C (PS3.15 E.1): undefined where nothing of the value may stay. */
function cleanedValue(element: WritableElement, inside: Inside): WritableElement | undefined {
  const { vr } = element;
  const { cleaning } = inside;
  if (vr === 'SQ') {
    const items = itemsOf(element);
    return items.length === 0 ? undefined : { vr, value: inside.cleanItems(items, 'cleaned', cleaning) };
  }
  const texts = textsOf(element).filter((text) => text !== '');
  if (texts.length === 0) return undefined;
  if (vr === 'TM') return element;
  if (vr === 'DA' || vr === 'DT') {
    const moved = texts.map((text) => shiftDate(text, cleaning.shiftDays));
    return moved.every((text) => text !== undefined) ? { vr, value: moved } : undefined;
  }
  // Time zones and versions stand beside dates in the table; the offset tells no more than the dates do, a version is a date.
  if (vr === 'SH' && texts.every((text) => /^[+-]\d{4}$/.test(text))) return element;
  if (vr === 'AE') return { vr, value: texts.map((text) => `AE${cleaning.pseudonyms.word(text, 8)}`) };
  if (!freeText.has(vr)) return undefined;
  return cleanedText(vr, texts, cleaning);
}

/** Words of the list only, and not even those if they name the patient. */
export function cleanedText(
  vr: string,
  texts: readonly string[],
  { identifiers }: Cleaning,
): WritableElement | undefined {
  const left = texts.map((text) => {
    const words = cleanText(text)
      .split(' ')
      .filter((word) => !identifiers.isIn(word, vr));
    return cleanText(words.join(' '));
  });
  const some = left.filter((text) => text !== '');
  return some.length === 0 ? undefined : { vr, value: some };
}

function withNewUids({ tag, element }: Listed, inside: Inside): WritableElement | undefined {
  const { cleaning } = inside;
  const { counts } = cleaning;
  if (element.vr === 'SQ') {
    counts.U += 1;
    return { vr: 'SQ', value: inside.cleanItems(itemsOf(element), 'cleaned', cleaning) };
  }
  const texts = element.value instanceof Uint8Array ? [asciiOf(element.value)] : textsOf(element);
  if (texts.every((text) => text === '')) return emptyElement(knownVr(tag, element.vr));
  counts.U += 1;
  return { vr: 'UI', value: texts.map((uid) => newUid(uid, cleaning)) };
}

/** Bytes of an element whose VR nobody told. */
const asciiOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('latin1')
    .replace(/[\0 ]+$/, '');

/** The VR of an element that came as UN, where the dictionary knows it. */
function knownVr(tag: number, vr: string): string {
  const known = vr === 'UN' ? dictionaryVr(tag) : vr;
  return /^[A-Z]{2}$/.test(known) ? known : vr;
}
