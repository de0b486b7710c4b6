import type { WritableDataset } from '../../formats/dicom/index.ts';
import { itemsOf, textsOf } from './element-values.ts';
import { uidsOf } from './reidentify.ts';
import type { SentInstance, SentStudy } from './sent-study.ts';
import { shiftDate } from './shift-date.ts';

const dayMs = 86_400_000;
const dayDigits = 8;

/** What a day that stands in a result is. */
export type DayBack =
  | { readonly kind: 'day'; readonly day: string }
  /** Neither of an original that was read nor of the time after they left. */
  | { readonly kind: 'unknown' }
  /** Both. */
  | { readonly kind: 'ambiguous' };

/**
 * What the names in a result were before the originals left. Filled with what is known of all instances of the study, then with what the originals
 * that are read say beside: frames of reference, devices, dates.
 */
export class OriginalNames {
  readonly #study: SentStudy;
  readonly #shiftDays: number;
  readonly #uids = new Map<string, string>();
  readonly #days = new Map<string, string>();
  /** From this day on a date may be the remote node's own; one day less than the day of sending, for those west of us. */
  readonly #ownFrom: string;

  constructor(study: SentStudy, instances: readonly SentInstance[], patient: string) {
    this.#study = study;
    this.#shiftDays = study.pseudonyms.shiftDays(patient);
    this.#ownFrom = new Date(study.sentFromMs - dayMs).toISOString().slice(0, 10).replaceAll('-', '');
    this.#add(study.studyInstanceUid);
    for (const { sopInstanceUid, seriesInstanceUid } of instances) {
      this.#add(sopInstanceUid);
      this.#add(seriesInstanceUid);
    }
  }

  /** Takes what an original says. */
  learn(original: WritableDataset): void {
    for (const uid of uidsOf(original)) this.#add(uid);
    if (this.#study.dates !== 'modified') return;
    for (const day of daysOf(original)) {
      const moved = shiftDate(day, this.#shiftDays);
      if (moved !== undefined) this.#days.set(moved, day);
    }
  }

  uid(given: string): string | undefined {
    return this.#uids.get(given);
  }

  /** @param given YYYYMMDD */
  day(given: string): DayBack {
    if (this.#study.dates === 'full') return { kind: 'day', day: given };
    const original = this.#days.get(given);
    const mayBeOwn = given >= this.#ownFrom;
    if (original !== undefined) return mayBeOwn ? { kind: 'ambiguous' } : { kind: 'day', day: original };
    return mayBeOwn ? { kind: 'day', day: given } : { kind: 'unknown' };
  }

  /** The day is one that left moved. */
  isMoved(day: string): boolean {
    return this.#days.has(day) && day < this.#ownFrom;
  }

  #add(original: string): void {
    this.#uids.set(this.#study.keepsUids ? original : this.#study.pseudonyms.uid(original), original);
  }
}

function* daysOf(dataset: WritableDataset): Generator<string> {
  for (const element of dataset.values()) {
    if (element.vr === 'DA' || element.vr === 'DT')
      for (const text of textsOf(element)) if (/^\d{8}/.test(text)) yield text.slice(0, dayDigits);
    for (const item of itemsOf(element)) yield* daysOf(item);
  }
}
