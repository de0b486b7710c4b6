import type { FieldValue } from '../../../formats/hl7v2/index.ts';
import type { CodeTable } from '../../hl7v2/compiler/code-table.ts';
import type { Node, OutboundRun } from '../run.ts';

/** Several fields at once: OBX-5 says in OBX-2 of what type it is, and has its unit in OBX-6. */
export interface Fields {
  readonly fields: { readonly [field: number]: FieldValue };
}

export interface ConverterOptions {
  readonly table?: CodeTable;
  readonly fallback?: string;
}

/** A node as a field or component; undefined when it has nothing for it. */
export type Converter = (
  run: OutboundRun,
  node: Node,
  options: ConverterOptions,
) => FieldValue | Fields | undefined;

export const isFields = (made: FieldValue | Fields): made is Fields =>
  typeof made === 'object' && 'fields' in made;

/** Without empty parts at its end, nor at the end of a part; undefined when nothing is left. */
export function trimmed(parts: readonly (string | readonly string[])[]): FieldValue | undefined {
  const kept = cut(parts.map((part) => (typeof part === 'string' ? part : single(cut(part)))));
  return kept.length === 0 ? undefined : single(kept);
}

function cut<T extends string | readonly string[]>(parts: readonly T[]): readonly T[] {
  let count = parts.length;
  while (count > 0 && parts[count - 1] === '') count--;
  return parts.slice(0, count);
}

const single = <T extends string | readonly string[]>(parts: readonly T[]): string | readonly T[] => {
  const [first] = parts;
  if (first === undefined) return '';
  return parts.length === 1 && typeof first === 'string' ? first : parts;
};
