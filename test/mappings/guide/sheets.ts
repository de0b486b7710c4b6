import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One line of a sheet of the v2-to-FHIR guide that names a FHIR path. */
export interface SheetRow {
  /** `PV1[Encounter]`, `CX[Identifier]` */
  readonly sheet: string;
  /** Segment or datatype that the sheet is of. */
  readonly source: string;
  /** What it maps to: `Encounter`, `Patient-GeneralPractitioner`, `Identifier`. */
  readonly target: string;
  /** Field or component number; undefined where the sheet gives a fact of the whole segment or datatype. */
  readonly number: number | undefined;
  readonly datatype: string;
  readonly condition: string;
  /** FHIR path as the sheet writes it. */
  readonly path: string;
  /** FHIR datatype of the path. */
  readonly type: string;
  /** Datatype sheet that makes the value: `CX[Identifier]`. */
  readonly map: string;
  readonly vocabulary: string;
  readonly assignment: string;
  /** Unique within all sheets: `PV1[Encounter] PV1-3 location[1].status`. */
  readonly key: string;
}

const column = {
  id: 1,
  datatype: 3,
  condition: 6,
  path: 9,
  type: 11,
  map: 14,
  vocabulary: 15,
  assignment: 16,
};

/** Every row with a FHIR path of the sheets in a folder (`segments` or `datatypes`). */
export function readSheets(folder: string): readonly SheetRow[] {
  const rows: SheetRow[] = [];
  const seen = new Map<string, number>();
  for (const file of readdirSync(folder).sort()) {
    const match = /FHIR R4_ (([A-Z0-9]{2,3})\[([^\]]+)\]) - .*\.csv$/.exec(file);
    if (match === null) continue;
    const [, sheet = '', source = '', target = ''] = match;
    for (const cells of cellsOf(readFileSync(join(folder, file), 'utf8')).slice(2)) {
      const cell = (at: number): string => (cells[at] ?? '').trim();
      // Some rows write the fixed value behind the path: `status="finished"`.
      const [path = '', behind] = cell(column.path).split('=');
      if (path === '') continue;
      const id = cell(column.id);
      const number = /[-.](\d+)$/.exec(id)?.[1];
      const plain = `${sheet} ${id === '' ? source : id} ${path}`;
      const nth = (seen.get(plain) ?? 0) + 1;
      seen.set(plain, nth);
      rows.push({
        sheet,
        source,
        target,
        number: number === undefined ? undefined : Number(number),
        datatype: cell(column.datatype),
        condition: cell(column.condition),
        path,
        type: cell(column.type),
        map: cell(column.map),
        vocabulary: cell(column.vocabulary),
        assignment: behind ?? cell(column.assignment),
        key: nth === 1 ? plain : `${plain} #${nth}`,
      });
    }
  }
  return rows;
}

/** Datatypes of the fields of a segment, as its sheets say them: `PV1-2` to `CWE`. */
export function fieldTypes(folder: string): ReadonlyMap<string, string> {
  const types = new Map<string, string>();
  for (const file of readdirSync(folder)) {
    if (!file.endsWith('.csv')) continue;
    for (const cells of cellsOf(readFileSync(join(folder, file), 'utf8')).slice(2)) {
      const id = (cells[column.id] ?? '').trim();
      const datatype = (cells[column.datatype] ?? '').trim();
      if (datatype !== '' && !types.has(id)) types.set(id, datatype);
    }
  }
  return types;
}

/** First code of each vocabulary sheet that has a FHIR code, by the name that segment sheets use: `AdmissionType`. */
export function firstCodes(folder: string): ReadonlyMap<string, string> {
  const codes = new Map<string, string>();
  for (const file of readdirSync(folder)) {
    const name = /HL7 Concept Map_ (.+) - Sheet1\.csv$/.exec(file)?.[1];
    if (name === undefined) continue;
    const row = cellsOf(readFileSync(join(folder, file), 'utf8'))
      .slice(2)
      .find((cells) => isCode(cells[0]) && isCode(cells[6]));
    if (row !== undefined) codes.set(vocabularyName(name), row[0]!.trim());
  }
  return codes;
}

/** Sheets and their uses write the same name with and without blanks and strokes. */
export const vocabularyName = (name: string): string => name.replace(/[\s/.-]/g, '').toLowerCase();

const isCode = (cell: string | undefined): boolean => /^[^\s<[]+$/.test((cell ?? '').trim());

/** RFC 4180, with line ends inside quotes. */
function cellsOf(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const match of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    const [whole, quoted, plain, end] = match;
    if (whole === '' && end === '') break;
    rows.at(-1)?.push((quoted?.replaceAll('""', '"') ?? plain ?? '').replaceAll('\u00a0', ' '));
    if (end !== ',') rows.push([]);
  }
  return rows;
}
