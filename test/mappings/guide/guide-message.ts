import { printParts, validParts } from './valid-values.ts';

/** Field of a segment: components, each text or subcomponents. */
type Field = (string | string[])[];

/** A segment that is put together field by field. */
export class SegmentDraft {
  readonly name: string;
  readonly #fields: Field[] = [];
  /** Field that is sent twice. */
  repeated = 0;

  constructor(text: string) {
    const [name = '', ...fields] = text.split('|');
    this.name = name;
    // MSH counts its separator as field 1.
    const first = name === 'MSH' ? 2 : 1;
    for (const [index, field] of fields.entries())
      this.#fields[index + first] = field
        .split('^')
        .map((part) => (part.includes('&') && part !== '~\\&' ? part.split('&') : part));
  }

  /** Puts text at `[field, component, subcomponent]`; a field or component alone gets its whole value. */
  set(path: readonly number[], value: Field): void {
    const [field = 0, component, subcomponent] = path;
    if (component === undefined) {
      this.#fields[field] = value;
      return;
    }
    const at = this.#fields[field] ?? [];
    this.#fields[field] = at;
    while (at.length < component) at.push('');
    if (subcomponent === undefined) {
      at[component - 1] =
        value.length === 1 ? value[0]! : value.map((part) => (typeof part === 'string' ? part : part[0]!));
      return;
    }
    const before = at[component - 1]!;
    const inner = typeof before === 'string' ? [before] : before;
    while (inner.length < subcomponent) inner.push('');
    inner[subcomponent - 1] = typeof value[0] === 'string' ? value[0] : (value[0]?.[0] ?? '');
    at[component - 1] = inner;
  }

  isEmpty(path: readonly number[]): boolean {
    return this.text(path) === '';
  }

  /** The first leaf of an element. */
  text([field = 0, component = 1, subcomponent = 1]: readonly number[]): string {
    const part = this.#fields[field]?.[component - 1] ?? '';
    return typeof part === 'string' ? (subcomponent === 1 ? part : '') : (part[subcomponent - 1] ?? '');
  }

  toString(): string {
    const first = this.name === 'MSH' ? 2 : 1;
    const fields = Array.from({ length: this.#fields.length - first }, (_, index) => {
      const text = printParts(this.#fields[index + first] ?? []);
      return index + first === this.repeated && text !== '' ? `${text}~${text}` : text;
    });
    if (this.name === 'MSH') return ['MSH', '^~\\&', ...fields.slice(1)].join('|');
    return [this.name, ...fields].join('|');
  }
}

/** Valid value for a datatype; a coded one starts with a code of its vocabulary, booleans are true. */
export function validField(datatype: string, code: string | undefined): Field {
  const value = validParts(datatype);
  if (code === undefined || !['CWE', 'CE', 'CNE', 'CF', 'ID', 'IS', 'ST'].includes(datatype)) return value;
  return datatype.startsWith('C') ? [code, value[1] ?? ''] : [code];
}
