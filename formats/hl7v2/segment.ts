import type { Delimiters } from './delimiters.ts';
import { unescapeText } from './escape.ts';
import { nthPart, partCount, SplitMemo } from './split.ts';

/** What the segments of one message share. */
export interface SegmentContext {
  readonly text: string;
  readonly delimiters: Delimiters;
  readonly encoding: () => string;
  /** Whether an escape character or a repetition mark stands anywhere after MSH-2: most messages are asked once, not per value. */
  readonly hasEscapes: boolean;
  readonly hasRepetitions: boolean;
  readonly memo: SplitMemo;
}

export function segmentContext(text: string, delimiters: Delimiters, encoding: () => string): SegmentContext {
  const { component, repetition, escape: mark, subcomponent, truncation } = delimiters;
  const bodyStart = 4 + (component + repetition + mark + subcomponent + truncation).length;
  return {
    text,
    delimiters,
    encoding,
    hasEscapes: mark !== '' && text.includes(mark, bodyStart),
    hasRepetitions: repetition !== '' && text.includes(repetition, bodyStart),
    memo: new SplitMemo(),
  };
}

const noParts: readonly string[] = [];

/** One line of a message. Nothing is split before it is read; what was split is kept. All numbers count from 1. */
export class Hl7Segment {
  /** Position in the message, from 0. */
  readonly index: number;
  readonly name: string;
  readonly #context: SegmentContext;
  readonly #start: number;
  readonly #end: number;
  /** Header segments count their separator as field 1 (HL7 v2.5.1 2.14.9). */
  readonly #isHeader: boolean;
  #fields: readonly string[] | undefined;
  #repetitions: (readonly string[] | undefined)[] | undefined;
  /** The repetition that was read last. One that is read again is read part by part: its components are kept from then on. */
  #lastField = 0;
  #lastRep = 0;
  #lastParts: readonly string[] | undefined;

  constructor(context: SegmentContext, name: string, index: number, start: number, end: number) {
    this.index = index;
    this.name = name;
    this.#context = context;
    this.#start = start;
    this.#end = end;
    this.#isHeader = name === 'MSH' || name === 'BHS' || name === 'FHS';
  }

  /** The whole line as sent, decoded, without its end. */
  get text(): string {
    return this.#context.text.slice(this.#start, this.#end);
  }

  /** Number of the last field that is present; MSH-1 and MSH-2 count. */
  get fieldCount(): number {
    const last = this.#split().length - 1;
    return this.#isHeader ? last + 1 : last;
  }

  /** Value of one subcomponent, unescaped; '' when absent. The explicit null `""` stays `""`. */
  get(field: number, rep = 1, component = 1, subcomponent = 1): string {
    return this.value(field, rep, component, subcomponent);
  }

  /** Unescaped text of the element that is named; its inner separators stand where the deeper numbers are left out. */
  value(field: number, rep?: number, component?: number, subcomponent?: number): string {
    const raw = this.raw(field, rep, component, subcomponent);
    if (this.#isHeader && field <= 2) return raw;
    const { delimiters, encoding, hasEscapes } = this.#context;
    return hasEscapes && raw.includes(delimiters.escape) ? unescapeText(raw, delimiters, encoding()) : raw;
  }

  /** Whether there is anything in a field. */
  has(field: number): boolean {
    return this.#field(field) !== '';
  }

  /** Components of a repetition, still escaped; none when it is empty or absent. */
  parts(field: number, rep: number): readonly string[] {
    const whole = this.#field(field);
    if (whole === '') return noParts;
    if (this.#isHeader && field <= 2) return rep === 1 ? [whole] : noParts;
    if (field !== this.#lastField || rep !== this.#lastRep || this.#lastParts === undefined) {
      const mark = this.#context.delimiters.component;
      const repetition = this.#repetition(field, whole, rep);
      this.#lastParts = mark === '' ? [repetition] : repetition.split(mark);
      this.#lastField = field;
      this.#lastRep = rep;
    }
    return this.#lastParts;
  }

  /** Text of the element that is named, still escaped; '' when absent. */
  raw(field: number, rep?: number, component?: number, subcomponent?: number): string {
    const whole = this.#field(field);
    if (rep === undefined || whole === '') return whole;
    if (this.#isHeader && field <= 2) return rep === 1 && (component ?? 1) === 1 ? whole : '';
    if (component === undefined) return this.#repetition(field, whole, rep);
    const outer = this.#component(field, whole, rep, component);
    if (subcomponent === undefined || outer === '') return outer;
    const { delimiters, memo } = this.#context;
    return nthPart(outer, delimiters.subcomponent, subcomponent, memo.subcomponents);
  }

  /** Repetitions of a field; 0 when it is empty or absent. */
  repetitions(field: number): number {
    const whole = this.#field(field);
    if (whole === '') return 0;
    if (this.#isHeader && field <= 2) return 1;
    return this.#repetitionsOf(field, whole)?.length ?? 1;
  }

  /** Components of a repetition; 0 when it is empty or absent. */
  components(field: number, rep = 1): number {
    if (this.#isHeader && field <= 2) return this.#field(field) === '' ? 0 : 1;
    return partCount(this.raw(field, rep), this.#context.delimiters.component);
  }

  /** Subcomponents of a component; 0 when it is empty or absent. */
  subcomponents(field: number, rep = 1, component = 1): number {
    if (this.#isHeader && field <= 2) return this.#field(field) === '' ? 0 : 1;
    return partCount(this.raw(field, rep, component), this.#context.delimiters.subcomponent);
  }

  #split(): readonly string[] {
    this.#fields ??= this.text.split(this.#context.delimiters.field);
    return this.#fields;
  }

  #field(field: number): string {
    if (!this.#isHeader) return field > 0 ? (this.#split()[field] ?? '') : '';
    if (field === 1) return this.#context.delimiters.field;
    return field > 1 ? (this.#split()[field - 1] ?? '') : '';
  }

  #component(field: number, whole: string, rep: number, component: number): string {
    const { delimiters, memo } = this.#context;
    const mark = delimiters.component;
    if (field !== this.#lastField || rep !== this.#lastRep) {
      this.#lastField = field;
      this.#lastRep = rep;
      this.#lastParts = undefined;
      return nthPart(this.#repetition(field, whole, rep), mark, component, memo.components);
    }
    if (this.#lastParts === undefined) {
      const repetition = this.#repetition(field, whole, rep);
      this.#lastParts = mark === '' ? [repetition] : repetition.split(mark);
    }
    return this.#lastParts[component - 1] ?? '';
  }

  #repetition(field: number, whole: string, rep: number): string {
    const all = this.#repetitionsOf(field, whole);
    if (all === undefined) return rep === 1 ? whole : '';
    return all[rep - 1] ?? '';
  }

  /** undefined when the field does not repeat, which is nearly always: no array is made then. */
  #repetitionsOf(field: number, whole: string): readonly string[] | undefined {
    const kept = this.#repetitions?.[field];
    if (kept !== undefined) return kept;
    const { delimiters, hasRepetitions } = this.#context;
    const mark = delimiters.repetition;
    if (!hasRepetitions || !whole.includes(mark)) return undefined;
    const all = whole.split(mark);
    this.#repetitions ??= [];
    this.#repetitions[field] = all;
    return all;
  }
}
