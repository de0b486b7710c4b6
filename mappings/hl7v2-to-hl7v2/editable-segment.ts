import type { Delimiters } from '../../formats/hl7v2/index.ts';
import type { ByteText } from './byte-text.ts';

/** One line of a message that may be changed. What is not written stays as it came, character by character. */
export class EditableSegment {
  readonly name: string;
  /** The line end as sent; empty for a last line without one. */
  end: string;
  readonly #delimiters: Delimiters;
  readonly #isHeader: boolean;
  #text: ByteText;
  #fields: ByteText[] | undefined;

  constructor(text: ByteText, end: string, delimiters: Delimiters) {
    const at = text.indexOf(delimiters.field);
    this.name = at < 0 ? text : text.slice(0, at);
    this.end = end;
    this.#delimiters = delimiters;
    this.#isHeader = this.name === 'MSH' || this.name === 'BHS' || this.name === 'FHS';
    this.#text = text;
  }

  get text(): ByteText {
    return this.#fields === undefined ? this.#text : this.#fields.join(this.#delimiters.field);
  }

  /** Repetitions of a field; 0 when it is empty or absent. */
  repetitions(field: number): number {
    const whole = this.read(field);
    return whole === '' ? 0 : split(whole, this.#delimiters.repetition).length;
  }

  /** The element as it stands; empty when absent. Without a component the whole repetition, without a repetition the whole field. */
  read(field: number, rep?: number, component?: number, subcomponent?: number): ByteText {
    const { repetition, component: components, subcomponent: subcomponents } = this.#delimiters;
    let raw = this.#split()[this.#indexOf(field)] ?? '';
    if (rep !== undefined) raw = split(raw, repetition)[rep - 1] ?? '';
    if (component !== undefined) raw = split(raw, components)[component - 1] ?? '';
    if (subcomponent !== undefined) raw = split(raw, subcomponents)[subcomponent - 1] ?? '';
    return raw;
  }

  /** Puts an element in the place of another; places in front of it that are not there are made empty. */
  write(raw: ByteText, field: number, rep?: number, component?: number, subcomponent?: number): void {
    const { repetition, component: components, subcomponent: subcomponents } = this.#delimiters;
    const inner = (whole: ByteText): ByteText =>
      component === undefined
        ? raw
        : placed(whole, components, component, (one) =>
            subcomponent === undefined ? raw : placed(one, subcomponents, subcomponent, () => raw),
          );
    const fields = this.#split();
    const index = this.#indexOf(field);
    while (fields.length <= index) fields.push('');
    const whole = fields[index] as ByteText;
    fields[index] = rep === undefined ? inner(whole) : placed(whole, repetition, rep, inner);
  }

  /** Takes a repetition out; those behind it move up. */
  removeRepetition(field: number, rep: number): void {
    const mark = this.#delimiters.repetition;
    const left = split(this.read(field), mark).filter((_, index) => index !== rep - 1);
    this.write(left.join(mark), field);
  }

  #split(): ByteText[] {
    this.#fields ??= this.#text.split(this.#delimiters.field);
    return this.#fields;
  }

  /** Header segments count their separator as field 1 (HL7 v2.5.1 2.14.9). */
  #indexOf(field: number): number {
    return this.#isHeader ? field - 1 : field;
  }
}

const split = (whole: ByteText, mark: string): ByteText[] => (mark === '' ? [whole] : whole.split(mark));

/** A separator that the message does not declare cannot be written: what lies beyond the first place is left out. */
function placed(whole: ByteText, mark: string, nth: number, change: (one: ByteText) => ByteText): ByteText {
  if (mark === '' && nth > 1) return whole;
  const parts = split(whole, mark);
  while (parts.length < nth) parts.push('');
  parts[nth - 1] = change(parts[nth - 1] as ByteText);
  return parts.join(mark);
}
