import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Bundle } from '../../../mappings/index.ts';
import { convert, header } from '../site.ts';
import { type Demand, demandsOf } from './conditions.ts';
import { valuesAt } from './fhir-path.ts';
import { SegmentDraft, validField } from './guide-message.ts';
import type { SheetRow } from './sheets.ts';
import { partValue } from './valid-values.ts';

interface Scaffold {
  /** Absent where the segment under test is MSH itself. */
  readonly type?: string;
  readonly segments: readonly string[];
  /** Field of the segment under test that is sent twice. */
  readonly repeated?: number;
  /** Field that a field needs beside it: the number of a unit. */
  readonly beside?: { readonly [field: string]: number };
  /** Values of fields whose first code would be what stands there without it. */
  readonly values?: { readonly [field: string]: string };
}

const scaffolds = parse(readFileSync(new URL('scaffolds.yaml', import.meta.url), 'utf8')) as {
  readonly [sheet: string]: Scaffold;
};

/** What the check needs of the other sheets. */
export interface Guide {
  /** Datatypes by field: `PV1-2`. */
  readonly fieldTypes: ReadonlyMap<string, string>;
  /** A code of the vocabulary of a row, or of another row of the same field. */
  readonly codeOf: (row: SheetRow) => string | undefined;
}

/** A part of a field that a row of a datatype sheet is about: the carrier's field, then components. */
export interface Part {
  readonly row: SheetRow;
  /** Component numbers, from the field down. */
  readonly at: readonly number[];
}

/** Where a row's value is looked for, when it is not where the sheet says; `is`: what stands there. */
export interface Place {
  readonly type: string;
  readonly path: string;
  readonly is?: string | undefined;
}

/** Where a segment sheet says that a row goes. */
export const placeOf = (row: SheetRow): Place => ({
  type: row.target.split('-')[0]!,
  path: row.path,
  is: fixedOf(row),
});

/** The value that a sheet fixes; undefined for one that the message gives, or that the sheet describes in words. */
export const fixedOf = (row: SheetRow): string | undefined =>
  /^"([^"+]*)"$/.exec(row.assignment)?.[1]?.trim();

/** Whether the field of a segment row reaches a place. Answers what is wrong. */
export function checkSegmentRow(row: SheetRow, place: Place, guide: Guide): string | undefined {
  const scaffold = scaffolds[row.sheet];
  if (scaffold === undefined) return 'no scaffold';
  const sent = build(row, scaffold, guide, []);
  return judge(sent, place, row.number !== undefined);
}

/**
 * Whether the last of the parts of a field, each of a datatype, reaches the path of its sheet below the place of the field. Answers what
 * is wrong.
 */
export function checkTypeRow(
  carrier: SheetRow,
  base: Place,
  parts: readonly Part[],
  guide: Guide,
  lastPath?: { readonly path: string; readonly is?: string | undefined },
): string | undefined {
  const scaffold = scaffolds[carrier.sheet];
  if (scaffold === undefined) return 'no scaffold';
  const { row } = parts.at(-1)!;
  const sent = build(carrier, scaffold, guide, parts);
  const last = lastPath ?? { path: row.path, is: fixedOf(row) };
  const inner = [...parts.slice(0, -1).map((part) => part.row.path), last.path];
  const place = { ...placeBelow(base, row, inner), is: last.is };
  return judge(sent, place, row.number !== undefined);
}

/** The sheet of PL numbers the Locations of a chain; each is looked for among all of them. */
function placeBelow(base: Place, row: SheetRow, inner: readonly string[]): Place {
  if (row.source !== 'PL') return { type: base.type, path: [base.path, ...inner].join('.') };
  const path = inner.map((one) => one.replace(/^\[[\d-]+\]\.(location\(Location\.?)?/, ''));
  return { type: 'Location', path: path.join('.') };
}

interface Sent {
  readonly with: readonly string[];
  readonly without: readonly string[];
}

function judge(sent: Sent, { type, path, is }: Place, isOfField: boolean): string | undefined {
  const [found, before] = [sent.with, sent.without].map((lines) => valuesAt(bundleOf(lines), type, path)) as [
    readonly string[],
    readonly string[],
  ];
  const shown = sent.with.join(' / ');
  if (found.length === 0) return `nothing at ${type}.${path} for ${shown}`;
  if (is !== undefined) {
    return found.some((value) => value === JSON.stringify(is) || value === is)
      ? undefined
      : `${type}.${path} is ${found.join().slice(0, 200)}, not ${JSON.stringify(is)}, for ${shown}`;
  }
  return isOfField && [...found].sort().join() === [...before].sort().join()
    ? `${type}.${path} is ${found.join().slice(0, 120)} without the field too, for ${shown}`
    : undefined;
}

const bundleOf = (lines: readonly string[]): Bundle => convert(...lines).bundle;

/** The message with the element of the row (or of the last part) and the one without it. */
function build(row: SheetRow, scaffold: Scaffold, guide: Guide, parts: readonly Part[]): Sent {
  const print = (isSent: boolean): string[] => {
    const index = scaffold.segments.findIndex((line) => line.startsWith('*'));
    const segments = scaffold.segments.map((line) => new SegmentDraft(line.replace('*', '')));
    const draft = segments[index]!;
    fill(row, segments, draft, guide, isSent || parts.length > 0);
    const beside = scaffold.beside?.[`${row.source}-${row.number}`];
    if (beside !== undefined) {
      const demands = demandsOf(row.condition, `${row.source}-${row.number}`);
      draft.set([beside], besideValue(demands, `${row.source}-${beside}`));
    }
    draft.repeated = scaffold.repeated ?? 0;
    for (const [depth, part] of parts.entries()) {
      const isLast = depth === parts.length - 1;
      fillPart(row, part, draft, guide, isSent || !isLast);
    }
    const lines = segments.map(String);
    return draft.name === 'MSH' ? lines : [header(scaffold.type ?? 'ADT^A01'), ...lines];
  };
  return { with: print(true), without: print(false) };
}

function fill(
  row: SheetRow,
  segments: SegmentDraft[],
  draft: SegmentDraft,
  guide: Guide,
  isSent: boolean,
): void {
  const own = row.number === undefined ? '' : `${row.source}-${row.number}`;
  const demands = demandsOf(row.condition, own);
  for (const demand of demands) if (demand.path !== own) apply(demand, segments, guide);
  if (row.number === undefined) return;
  draft.set([row.number], isSent ? fieldValue(row, demands, own, guide) : []);
  for (const demand of demands)
    if (isSent && demand.path.startsWith(`${own}.`)) apply(demand, segments, guide);
}

function fieldValue(
  row: SheetRow,
  demands: readonly Demand[],
  own: string,
  guide: Guide,
): ReturnType<typeof validField> {
  if (demands.some((one) => one.path === own && one.kind === 'empty')) return [];
  const chosen = scaffolds[row.sheet]?.values?.[own];
  if (chosen !== undefined) return [chosen];
  const demanded = demands.find((one) => one.path === own && one.kind === 'value');
  if (demanded?.kind === 'value') return [demanded.text];
  const pair = row.datatype === 'varies' ? structured(demands, own) : undefined;
  if (pair !== undefined) return pair;
  const datatype = row.datatype === 'varies' ? variesAs(demands) : row.datatype;
  const length = /LENGTH GREATER THAN 8/.test(row.condition) ? 'DTM' : datatype;
  return validField(length, guide.codeOf(row));
}

/** A number of the type that the condition demands of OBX-2. */
const besideValue = (demands: readonly Demand[], path: string): ReturnType<typeof validField> =>
  structured(demands, path) ?? validField(variesAs(demands), undefined);

/** A structured number (SN) with the separator that is demanded needs both of its numbers, and no comparator. */
function structured(demands: readonly Demand[], path: string): ReturnType<typeof validField> | undefined {
  const separator = demands.find((one) => one.path === `${path}.3` && one.kind === 'value');
  if (separator?.kind !== 'value' || variesAs(demands) !== 'SN') return undefined;
  return separator.text === '+' ? ['', '3', '+'] : ['', '3', separator.text, '9'];
}

/** OBX-5 is of the type that the condition demands of OBX-2. */
const variesAs = (demands: readonly Demand[]): string => {
  const type = demands.find((one) => one.path === 'OBX-2');
  return type?.kind === 'value' ? type.text : 'ST';
};

/** A condition on another field, or on a part of the own. */
function apply(demand: Demand, segments: readonly SegmentDraft[], guide: Guide): void {
  const [name = '', ...numbers] = demand.path.split(/[-.]/);
  const draft = segments.find((segment) => segment.name === name);
  const path = numbers.map(Number);
  if (draft === undefined || path.length === 0) return;
  const fieldPath = `${name}-${path[0]}`;
  if (demand.kind === 'value') draft.set(path, [demand.text]);
  else if (demand.kind === 'empty') draft.set(path, path.length === 1 ? [] : ['']);
  else if (demand.kind === 'valued' && draft.isEmpty(path))
    draft.set(
      path,
      path.length === 1 ? validField(guide.fieldTypes.get(fieldPath) ?? 'ST', undefined) : ['Valued'],
    );
}

function fillPart(
  carrier: SheetRow,
  { row, at }: Part,
  draft: SegmentDraft,
  guide: Guide,
  isSent: boolean,
): void {
  const field = carrier.number!;
  const outer = at.slice(0, -1);
  const own = row.number === undefined ? '' : `${row.source}.${row.number}`;
  const demands = demandsOf(row.condition, own);
  const place = (demandPath: string): readonly number[] => [
    field,
    ...outer,
    ...demandPath.split('.').slice(1).map(Number),
  ];
  for (const demand of demands) {
    if (demand.path === own || !demand.path.startsWith(`${row.source}.`)) continue;
    if (demand.kind === 'value') draft.set(place(demand.path), [demand.text]);
    else if (demand.kind === 'empty') draft.set(place(demand.path), ['']);
    else if (demand.kind === 'valued' && draft.isEmpty(place(demand.path)))
      draft.set(place(demand.path), ['Valued']);
  }
  if (row.number === undefined) return;
  if (!isSent) {
    draft.set([field, ...at], ['']);
    return;
  }
  const demanded = demands.find((one) => one.path === own && one.kind === 'value');
  const code = guide.codeOf(row);
  if (demanded?.kind === 'value') draft.set([field, ...at], [demanded.text]);
  else if (partValue(row.source, row.number, demands) !== undefined)
    draft.set([field, ...at], [partValue(row.source, row.number, demands)!]);
  else if (code !== undefined) draft.set([field, ...at], [code]);
  else if (draft.isEmpty([field, ...at])) draft.set([field, ...at], validField(row.datatype, undefined));
}
