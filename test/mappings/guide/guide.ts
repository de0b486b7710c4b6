import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Decisions, Difference } from './decided.ts';
import { checkSegmentRow, checkTypeRow, type Guide, type Part, type Place, placeOf } from './row-check.ts';
import { fieldTypes, firstCodes, readSheets, type SheetRow, vocabularyName } from './sheets.ts';

const folder = fileURLToPath(new URL('../../../../shared/data/v2-to-fhir', import.meta.url));
export const hasGuide = existsSync(folder);

/** Fields that are tried for a row of a datatype, one after another. */
const carriersMax = 8;

export interface Verdict {
  readonly kind: 'segment' | 'datatype';
  readonly row: SheetRow;
  /** What is wrong where the sheet says; undefined: it is there. */
  readonly fault: string | undefined;
  readonly difference: Difference | undefined;
  /** What is wrong where our decision says that it is. */
  readonly faultElsewhere?: string | undefined;
}

interface Carrier {
  readonly row: SheetRow;
  readonly base: Place;
  readonly parts: readonly Part[];
}

/** Every row of the guide, tried. */
export function judgeGuide(decisions: Decisions): readonly Verdict[] {
  const segments = readSheets(join(folder, 'segments'));
  const types = readSheets(join(folder, 'datatypes'));
  const guide: Guide = {
    fieldTypes: fieldTypes(join(folder, 'segments')),
    codeOf: codeFinder([...segments, ...types]),
  };
  const ofSegments = segments.map((row) => judgeSegmentRow(row, guide, decisions));
  const carriers = carriersOf(ofSegments, types);
  const ofTypes = types.map((row) =>
    judgeTypeRow(row, carriers.get(nameOf(row.sheet)) ?? [], guide, decisions),
  );
  return [...ofSegments, ...ofTypes];
}

/** A vocabulary may be named at one of several rows of a field. */
function codeFinder(rows: readonly SheetRow[]): Guide['codeOf'] {
  const codes = firstCodes(join(folder, 'codesystems'));
  const byField = new Map<string, string>();
  for (const row of rows) {
    const code = codes.get(vocabularyName(row.vocabulary));
    if (code !== undefined && !byField.has(fieldOf(row))) byField.set(fieldOf(row), code);
  }
  return (row) => codes.get(vocabularyName(row.vocabulary)) ?? byField.get(fieldOf(row));
}

const fieldOf = (row: SheetRow): string => `${row.sheet} ${row.number}`;

function judgeSegmentRow(row: SheetRow, guide: Guide, decisions: Decisions): Verdict {
  const fault = checkSegmentRow(row, placeOf(row), guide);
  const difference = decisions.rows.get(row.key);
  if (fault === undefined || difference?.at === undefined) return { kind: 'segment', row, fault, difference };
  return {
    kind: 'segment',
    row,
    fault,
    difference,
    faultElsewhere: checkSegmentRow(row, placeAt(difference), guide),
  };
}

function placeAt({ at = '', is }: Difference): Place {
  const dot = at.indexOf('.');
  return { type: at.slice(0, dot), path: at.slice(dot + 1), is };
}

/** Fields by the datatype sheet that makes their values, as sheets name it; a datatype within another is carried by the fields of that. */
function carriersOf(
  verdicts: readonly Verdict[],
  types: readonly SheetRow[],
): ReadonlyMap<string, Carrier[]> {
  const carriers = new Map<string, Carrier[]>();
  const add = (name: string, carrier: Carrier): void => {
    const known = carriers.get(name);
    if (known === undefined) carriers.set(name, [carrier]);
    else known.push(carrier);
  };
  for (const { row, fault, difference, faultElsewhere } of verdicts) {
    if (row.map === '' || row.number === undefined) continue;
    if (fault === undefined) add(nameOf(row.map), { row, base: placeOf(row), parts: [] });
    else if (difference?.at !== undefined && faultElsewhere === undefined)
      add(nameOf(row.map), { row, base: placeAt(difference), parts: [] });
  }
  for (const inner of types) {
    if (inner.map === '' || inner.number === undefined || nameOf(inner.map) === nameOf(inner.sheet)) continue;
    for (const { row, base, parts } of carriers.get(nameOf(inner.sheet)) ?? []) {
      if (parts.length === 0)
        add(nameOf(inner.map), { row, base, parts: [{ row: inner, at: [inner.number] }] });
    }
  }
  return carriers;
}

const nameOf = (sheet: string): string => sheet.toLowerCase();

function judgeTypeRow(
  row: SheetRow,
  carriers: readonly Carrier[],
  guide: Guide,
  decisions: Decisions,
): Verdict {
  const difference = decisions.rows.get(row.key);
  const tried = (lastPath?: { path: string; is: string | undefined }): string | undefined => {
    let fault: string | undefined = 'no field that is carried has this datatype';
    for (const { row: carrier, base, parts } of carriers.slice(0, carriersMax)) {
      const at = [...(parts[0]?.at ?? []), ...(row.number === undefined ? [] : [row.number])];
      fault = checkTypeRow(carrier, base, [...parts, { row, at }], guide, lastPath);
      if (fault === undefined) return undefined;
    }
    return fault;
  };
  const fault = tried();
  if (fault === undefined || difference?.at === undefined)
    return { kind: 'datatype', row, fault, difference };
  return {
    kind: 'datatype',
    row,
    fault,
    difference,
    faultElsewhere: tried({ path: difference.at, is: difference.is }),
  };
}
