import type * as z from 'zod';
import { BitHiveError } from '../../../core/errors.ts';
import type { FieldValue, OutboundSegment } from '../../../formats/hl7v2/index.ts';
import type { YamlFile } from '../../hl7v2/compiler/yaml-file.ts';
import type { Node, OutboundRun } from '../run.ts';
import { type CompiledRow, compileRows, type Vocabulary } from './compile-row.ts';
import { type Converter, isFields, trimmed } from './converter.ts';
import type { outSegmentSchema, outTypeSchema } from './schema.ts';

export interface CompiledSegment {
  readonly segment: string;
  /** Type of the resource that it is made of; elements of one have a dot. */
  readonly source: string;
  readonly reads: readonly string[];
  make(run: OutboundRun, node: Node): OutboundSegment;
}

export function compileSegment(
  file: YamlFile<z.output<typeof outSegmentSchema>>,
  vocabulary: Vocabulary,
): CompiledSegment {
  const { segment, source } = file.content;
  const rows = compileRows(file, `${segment}-`, vocabulary);
  const isHeader = segment === 'MSH';
  return {
    segment,
    source,
    reads: rows.flatMap(({ reads }) => reads),
    make(run, node) {
      const made = valuesOf(rows, run, node);
      const last = Math.max(0, ...made.keys());
      const fields: FieldValue[] = [];
      for (let number = isHeader ? 3 : 1; number <= last; number++) fields.push(made.get(number) ?? '');
      return { name: segment, fields };
    },
  };
}

/** The first row that gives a value for a number stands. Throws BH_MAP_FAILED for one that must be there. */
function valuesOf(rows: readonly CompiledRow[], run: OutboundRun, node: Node): Map<number, FieldValue> {
  const made = new Map<number, FieldValue>();
  for (const row of rows) {
    if (made.has(row.number)) continue;
    const value = row.make(run, node);
    if (value === undefined) continue;
    if (!isFields(value)) made.set(row.number, value);
    else for (const [number, one] of Object.entries(value.fields)) made.set(Number(number), one);
  }
  const missing = rows.find(({ isRequired, number }) => isRequired && !made.has(number));
  if (missing !== undefined) throw new BitHiveError('BH_MAP_FAILED', `nothing for ${missing.id}`);
  return made;
}

/** A datatype: rows of its components. A reference is followed where the type is one of a resource. */
export function compileType(
  file: YamlFile<z.output<typeof outTypeSchema>>,
  vocabulary: Vocabulary,
): Converter {
  const { type, refer } = file.content;
  const rows = compileRows(file, `${type}.`, vocabulary);
  return (run, given) => {
    const node = refer ? run.graph.resolve(given) : given;
    if (node === undefined) return undefined;
    const parts: (string | readonly string[])[] = [];
    for (const [number, value] of valuesOf(rows, run, node)) {
      while (parts.length < number) parts.push('');
      parts[number - 1] = partOf(value);
    }
    return trimmed(parts);
  };
}

/** A value within a component: its own components become subcomponents, of several repetitions the first stands. */
function partOf(value: FieldValue): string | readonly string[] {
  if (typeof value === 'string') return value;
  if ('repetitions' in value) return partOf(value.repetitions[0] ?? '');
  return value.map((one) => (typeof one === 'string' ? one : (one[0] ?? '')));
}
