import { BitHiveError, type ErrorCode } from '../../core/errors.ts';
import {
  formatTag,
  isPixelDataTag,
  tags,
  type WritableDataset,
  type WritableElement,
} from '../../formats/dicom/index.ts';
import { itemsOf, textOf, textsOf } from './element-values.ts';
import { isDocumentTag } from './empty-document.ts';
import type { OriginalNames } from './original-names.ts';
import { pseudonymIn } from './pseudonym-in.ts';
import { hasFormOfPseudonym, type Pseudonyms } from './pseudonyms.ts';

/** Whose result it is, as the object itself says; the names that it may have of its own. */
export interface Turn {
  readonly names: OriginalNames;
  readonly pseudonyms: Pseudonyms;
  /** The pseudonym of the patient, and their number in the hospital. */
  readonly patient: readonly [pseudonym: string, patientId: string];
  readonly study: readonly [pseudonym: string, accessionNumber: WritableElement | undefined];
  /** UIDs that the remote node gave its object and series. */
  readonly own: ReadonlySet<string>;
}

/** What hinders: with `missing`, an original that was not read yet may tell. */
export interface Hindrance {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly missing?: { readonly kind: 'uid' | 'day'; readonly name: string };
}

/** Of the remote node's own devices and of code tables: none of the patient's. */
const foreignDates: ReadonlySet<number> = new Set([
  0x00080106, 0x00080107, 0x00181200, 0x00181202, 0x00181204, 0x00181205, 0x0018700c,
]);
const uidOrPatient = /\b(?:2\.25\.\d{1,39}(?![\d.]?\d)|BH[0-9A-Z]{20}\b)/g;
/** 20240229, 2024-02-29; 29.02.2024, 02/29/2024. */
const yearFirst = /(?<![\d.])(\d{4})([-./]?)(\d\d)\2(\d\d)(?!\d)/g;
const yearLast = /(?<![\d.])(\d\d)([-./])(\d\d)\2(\d{4})(?!\d)/g;

/** Turns every value of a result back that names something of the hospital. Nothing is left out: what cannot be turned back is a hindrance. */
export function turnResult(result: WritableDataset, turn: Turn) {
  const hindrances: Hindrance[] = [];
  const dataset = new Turning(turn, hindrances).dataset(result);
  return { dataset, hindrances };
}

export const refused = ({ code, detail }: Hindrance): BitHiveError => new BitHiveError(code, detail);

class Turning {
  readonly #turn: Turn;
  readonly #hindrances: Hindrance[];

  constructor(turn: Turn, hindrances: Hindrance[]) {
    this.#turn = turn;
    this.#hindrances = hindrances;
  }

  dataset(given: WritableDataset): WritableDataset {
    const turned = new Map<number, WritableElement>();
    for (const [tag, element] of given) turned.set(tag, this.#element(tag, element));
    const [study, accessionNumber] = this.#turn.study;
    // A request that the result answers (PS3.3 C.17.2): its number left empty.
    if (
      accessionNumber !== undefined &&
      given.has(tags.accessionNumber) &&
      textOf(given, tags.studyInstanceUid) === study
    )
      turned.set(tags.accessionNumber, accessionNumber);
    return turned;
  }

  #element(tag: number, element: WritableElement): WritableElement {
    const { vr } = element;
    if (vr === 'SQ') return { vr, value: itemsOf(element).map((item) => this.dataset(item)) };
    const texts = textsOf(element);
    if (texts.length === 0) return this.#bytes(tag, element);
    if (vr === 'UI') return { vr, value: texts.map((uid) => this.#uid(tag, uid)) };
    if (vr === 'DA' || vr === 'DT')
      return foreignDates.has(tag) ? element : { vr, value: texts.map((date) => this.#date(tag, date)) };
    return { vr, value: texts.map((text) => this.#text(tag, text)) };
  }

  #uid(tag: number, uid: string): string {
    const original = this.#turn.names.uid(uid);
    if (original !== undefined) return original;
    if (this.#turn.pseudonyms.isOwnUid(uid))
      this.#hinder({
        code: 'BH_REIDENTIFY_UNKNOWN',
        detail: `${formatTag(tag)} names ${uid}, which is of none of the objects of the study that were sent`,
        missing: { kind: 'uid', name: uid },
      });
    else if (hasFormOfPseudonym(uid) && !this.#turn.own.has(uid))
      this.#hinder({
        code: 'BH_REIDENTIFY_UNKNOWN',
        detail: `${formatTag(tag)} names ${uid}, a pseudonym by another key`,
      });
    return uid;
  }

  #date(tag: number, date: string): string {
    if (date === '') return date;
    const [day = ''] = /^\d{8}/.exec(date) ?? [];
    const back = this.#turn.names.day(day === '' ? date : day);
    if (back.kind === 'day') return day === '' ? date : `${back.day}${date.slice(day.length)}`;
    const why =
      back.kind === 'ambiguous'
        ? 'which may be moved and may be not'
        : 'which is no date of the originals, and older than their sending';
    this.#hinder({
      code: 'BH_REIDENTIFY_UNCERTAIN',
      detail: `${formatTag(tag)} has the date ${date}, ${why}`,
      ...(back.kind === 'unknown' && day !== '' ? { missing: { kind: 'day', name: day } } : {}),
    });
    return date;
  }

  #text(tag: number, text: string): string {
    const turned = text.replace(uidOrPatient, (name) =>
      name.startsWith('BH') ? this.#patient(tag, name) : this.#uid(tag, name),
    );
    const date = daysIn(text).find(({ days }) => days.some((day) => this.#turn.names.isMoved(day)));
    if (date !== undefined)
      this.#hinder({
        code: 'BH_REIDENTIFY_UNCERTAIN',
        detail: `${formatTag(tag)} has the moved date ${date.text} in a text`,
      });
    return turned;
  }

  #patient(tag: number, name: string): string {
    const [pseudonym, patientId] = this.#turn.patient;
    if (name === pseudonym) return patientId;
    if (this.#turn.pseudonyms.isOwnPatient(name))
      this.#hinder({ code: 'BH_REIDENTIFY_MIXED', detail: `${formatTag(tag)} names another patient` });
    return name;
  }

  /** What is no text is not changed, so nothing that was sent may be named in it. */
  #bytes(tag: number, element: WritableElement): WritableElement {
    const { value } = element;
    if (isPixelDataTag(tag) || isDocumentTag(tag) || !(value instanceof Uint8Array)) return element;
    const found = pseudonymIn(value, this.#turn.pseudonyms);
    if (found !== undefined)
      this.#hinder({
        code: 'BH_REIDENTIFY_UNCERTAIN',
        detail: `${formatTag(tag)} has the pseudonym ${found} within its bytes`,
      });
    return element;
  }

  #hinder(hindrance: Hindrance): void {
    this.#hindrances.push(hindrance);
  }
}

/** Days that a text may mean, as YYYYMMDD. */
function daysIn(text: string): readonly { readonly text: string; readonly days: readonly string[] }[] {
  return [
    ...[...text.matchAll(yearFirst)].map(([found, year, , month, day]) => ({
      text: found,
      days: [`${year}${month}${day}`],
    })),
    ...[...text.matchAll(yearLast)].map(([found, one, , other, year]) => ({
      text: found,
      days: [`${year}${other}${one}`, `${year}${one}${other}`],
    })),
  ];
}
