import { BitHiveError } from '../../../core/errors.ts';
import type { FieldValue } from '../../../formats/hl7v2/index.ts';
import { compileCondition } from '../../expression/condition.ts';
import type { CodeTable } from '../../hl7v2/compiler/code-table.ts';
import type { YamlFile } from '../../hl7v2/compiler/yaml-file.ts';
import type { Node, OutboundRun } from '../run.ts';
import { type Converter, type ConverterOptions, type Fields, isFields } from './converter.ts';
import { compileNodePath, textsAt } from './node-path.ts';
import type { OutRow } from './schema.ts';

export interface Vocabulary {
  readonly converters: ReadonlyMap<string, Converter>;
  readonly tables: ReadonlyMap<string, CodeTable>;
}

export interface CompiledRow {
  readonly id: string;
  /** Number of the field or component. */
  readonly number: number;
  readonly isRequired: boolean;
  /** Elements of the source that it reads. */
  readonly reads: readonly string[];
  make(run: OutboundRun, node: Node): FieldValue | Fields | undefined;
}

type Holds = (run: OutboundRun, node: Node) => boolean;

/** Rows of a segment or type; everything that can be wrong is found here, with file and line (BH_MAP_DEFINITION). */
export function compileRows(
  file: YamlFile<{ readonly rows: readonly OutRow[] }>,
  prefix: string,
  vocabulary: Vocabulary,
): readonly CompiledRow[] {
  const ids = new Set<string>();
  return file.content.rows.map((row, index) => {
    const fail = (key: string, why: string): never =>
      file.fail(['rows', index, key], `row ${row.id}: ${why}`);
    if (ids.has(row.id)) fail('id', 'is there twice');
    ids.add(row.id);
    if (!row.id.startsWith(prefix)) fail('id', `is not of ${prefix}`);
    return compileRow(row, Number.parseInt(row.id.slice(prefix.length), 10), vocabulary, fail);
  });
}

function compileRow(
  row: OutRow,
  number: number,
  { converters, tables }: Vocabulary,
  fail: (key: string, why: string) => never,
): CompiledRow {
  const { id, set, each, required: isRequired } = row;
  const holds =
    row.when === undefined ? undefined : told('when', fail, () => compileNodeCondition(row.when!));
  const done = (reads: readonly string[], make: CompiledRow['make']): CompiledRow => ({
    id,
    number,
    isRequired,
    reads,
    make: (run, node) => (holds === undefined || holds(run, node) ? make(run, node) : undefined),
  });
  if (set !== undefined) return done([], () => set);
  const convert = converters.get(row.as) ?? fail('as', `no converter ${row.as}`);
  const table =
    row.table === undefined ? undefined : (tables.get(row.table) ?? fail('table', `no table ${row.table}`));
  const options: ConverterOptions = {
    ...(table === undefined ? {} : { table }),
    ...(row.fallback === undefined ? {} : { fallback: row.fallback }),
  };
  const paths = [row.from as string | readonly string[]]
    .flat()
    .map((text) => told('from', fail, () => compileNodePath(text)));
  const reads = paths.flatMap(({ first }) => first ?? []);
  return done(reads, (run, node) => {
    const made: FieldValue[] = [];
    for (const { read } of paths) {
      for (const one of read(run, node)) {
        const value = convert(run, one, options);
        if (value === undefined || value === '') continue;
        if (!each || isFields(value)) return value;
        made.push(value);
      }
    }
    if (made.length > 0) return made.length === 1 ? made[0] : { repetitions: made };
    return row.fallback !== undefined && table !== undefined && isRequired ? row.fallback : undefined;
  });
}

export function compileNodeCondition(condition: string): Holds {
  const holds = compileCondition<{ run: OutboundRun; node: Node }>(condition, (text) => {
    const { read } = compileNodePath(text);
    return ({ run, node }) => textsAt(read, run, node);
  });
  return (run, node) => holds({ run, node });
}

/** A fault in a path or condition, told at its place in the file. */
export function told<T>(key: string, fail: (key: string, why: string) => never, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof BitHiveError) return fail(key, error.detail);
    throw error;
  }
}
