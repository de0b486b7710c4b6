import type { FhirObject } from '../../bundle/bundle.ts';
import { keep } from '../../bundle/kept.ts';
import type { Convert, RowOptions, ValueType } from '../values/value-type.ts';
import type { CodeTable } from './code-table.ts';
import type { AskedSettings } from './frame.ts';
import { compileOutputPath, type OutputPath } from './output-path.ts';
import type { Row } from './schema.ts';

/** What rows are compiled against: every name that `as` and `table` may have. */
export interface Vocabulary {
  readonly types: ReadonlyMap<string, ValueType>;
  readonly tables: ReadonlyMap<string, CodeTable>;
  readonly settings: AskedSettings;
}

/** The part of a row that segments and datatypes share. */
export interface RowParts {
  readonly path: OutputPath;
  readonly type: ValueType;
  readonly convert: Convert;
  readonly fixed: FhirObject | undefined;
}

export function compileRowParts(
  row: Row,
  target: string,
  vocabulary: Vocabulary,
  fail: (why: string) => never,
): RowParts {
  const type = vocabulary.types.get(row.as!);
  if (type === undefined) fail(`unknown as: ${row.as}`);
  if (type.needsTable === true && row.table === undefined) fail(`${row.as} needs a table`);
  const path = compileOutputPath(target, row.to!, fail);
  if (!path.isChoice && !type.yields.some((one) => path.types.includes(one))) {
    fail(`${row.as} gives ${type.yields.join(' or ')}; ${target}.${row.to} takes ${path.types.join(' or ')}`);
  }
  path.checkFixed(row.with, fail);
  return {
    path,
    type,
    convert: type.compile(optionsOf(row, target, vocabulary, fail)),
    fixed: fixedOf(row.with),
  };
}

function optionsOf(
  row: Row,
  target: string,
  vocabulary: Vocabulary,
  fail: (why: string) => never,
): RowOptions {
  const table = row.table === undefined ? undefined : vocabulary.tables.get(row.table);
  if (row.table !== undefined && table === undefined) fail(`unknown table: ${row.table}`);
  const codes = row.codes === undefined ? tableSystem(row.table) : systemUri(row.codes);
  return {
    space: row.space ?? target.toLowerCase(),
    keepSource: row.keep === 'source',
    ...(table === undefined ? {} : { table }),
    ...(codes === undefined ? {} : { codes }),
    ...(row.fallback === undefined ? {} : { fallback: row.fallback }),
    ...fieldOption('unitField', row, row.unit, fail),
    ...fieldOption('perField', row, row.per, fail),
    ...fieldOption('perUnitField', row, row.perUnit, fail),
    ...fieldOption('highField', row, row.high, fail),
  };
}

/** A field beside the one that the row reads. */
function fieldOption<N extends string>(
  name: N,
  row: Row,
  path: string | undefined,
  fail: (why: string) => never,
): { readonly [name in N]?: number } {
  if (path === undefined) return {};
  const [segment, field] = path.split('-');
  const own = (typeof row.from === 'string' ? row.from : row.id).split('-')[0];
  if (segment !== own || !/^\d{1,3}$/.test(field ?? '')) fail(`${path} is no field of ${own}`);
  return { [name]: Number(field) } as { readonly [name in N]?: number };
}

/** A table's file is named after the HL7 table of its source codes: `0004.encounter-class`. */
const tableSystem = (table: string | undefined): string | undefined => {
  const number = table === undefined ? undefined : /^(\d{4})\./.exec(table)?.[1];
  return number === undefined ? undefined : systemUri(number);
};

const systemUri = (codes: string): string =>
  /^\d{4}$/.test(codes) ? `http://terminology.hl7.org/CodeSystem/v2-${codes}` : codes;

/** Fixed values are shared by all messages: nothing may change them. */
export function fixedOf(value: unknown): FhirObject | undefined {
  return value === undefined ? undefined : keep(value as FhirObject);
}
