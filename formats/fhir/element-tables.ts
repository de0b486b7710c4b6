import { existsSync, readFileSync } from 'node:fs';
import { assert } from '../../core/assert.ts';

/** One row of a StructureDefinition snapshot (FHIR R4 §5.3), as scripts/generate-fhir-tables.mjs keeps it. */
export interface ElementRow {
  readonly path: string;
  readonly min: number;
  /** `1`, `*` or another decimal number. */
  readonly max: string;
  readonly types?: readonly TypeRow[];
  /** Path of the element whose content this one repeats (`Bundle.link` for `Bundle.entry.link`). */
  readonly same?: string;
  readonly binding?: Binding;
  readonly constraints?: readonly ConstraintRow[];
}

export interface TypeRow {
  readonly code: string;
  /** Names of the resource types that a Reference or canonical may point to; absent: any. */
  readonly targets?: readonly string[];
}

export interface Binding {
  readonly strength: string;
  readonly valueSet: string;
}

export interface ConstraintRow {
  readonly key: string;
  readonly human: string;
  readonly expression: string;
}

export interface TypeTable {
  readonly name: string;
  readonly type: string;
  readonly kind: 'resource' | 'complex-type';
  readonly elements: readonly ElementRow[];
}

export interface RequiredValueSets {
  /** Codes by code system, by ValueSet URL. */
  readonly expansions: { readonly [valueSet: string]: { readonly [system: string]: readonly string[] } };
  /** Sets that no list can say (BCP 13, BCP 47, ISO 4217, UCUM). */
  readonly open: readonly string[];
}

/** Only reviewed names become a path: a resource type comes from the wire. */
const resourceName = /^[A-Z][A-Za-z]{1,63}$/;

function tableUrl(name: string): URL {
  return new URL(`./tables/${name}`, import.meta.url);
}

function readTable(name: string): unknown {
  return JSON.parse(readFileSync(tableUrl(name), 'utf8'));
}

let datatypes: { readonly [name: string]: TypeTable } | undefined;
let requiredSets: RequiredValueSets | undefined;
let names: ReadonlySet<string> | undefined;

/** All complex datatypes of R4 (70 KB, read at the first use). */
export function datatypeTables(): { readonly [name: string]: TypeTable } {
  datatypes ??= (readTable('datatypes.json') as { types: { [name: string]: TypeTable } }).types;
  return datatypes;
}

export function requiredValueSets(): RequiredValueSets {
  requiredSets ??= readTable('required-value-sets.json') as RequiredValueSets;
  return requiredSets;
}

/** Names of the concrete resource types of R4. */
export function resourceTypeNames(): ReadonlySet<string> {
  names ??= new Set((readTable('resource-types.json') as { names: string[] }).names);
  return names;
}

/** The table of one resource type, read from disk at each call: `shapeOf` keeps what it makes of it. */
export function readResourceTable(name: string): TypeTable | undefined {
  if (!resourceName.test(name) || !existsSync(tableUrl(`resources/${name}.json`))) return undefined;
  const { table } = readTable(`resources/${name}.json`) as { table: TypeTable };
  assert(table.name === name, `table of ${name} names ${table.name}`);
  return table;
}

export interface SearchParameterRow {
  readonly code: string;
  readonly base: readonly string[];
  readonly type: string;
  readonly expression: string;
  readonly target?: readonly string[];
}

/** The search parameters of R4, read from disk at each call: only the sandbox EHR needs them, once. */
export function readSearchParameters(): readonly SearchParameterRow[] {
  return (readTable('search-parameters.json') as { parameters: readonly SearchParameterRow[] }).parameters;
}
