/** A row of a code table: what a v2 code is in FHIR. */
export interface CodeRow {
  readonly source: string;
  readonly target: string;
  readonly system: string;
  readonly display: string;
  /** `equivalent`: nothing is lost; anything else: the code that was sent is worth keeping. */
  readonly equivalence: string;
}

export interface CodeTable {
  readonly name: string;
  readonly rows: readonly CodeRow[];
  /** The row of a code as sent; codes are compared as they stand, then without regard to case, then with the rows of numbered codes, the closest first. */
  find(code: string): CodeRow | undefined;
}

const columns = ['source', 'target', 'system', 'display', 'equivalence'];

/** Codes that carry an integer (HL7 table 0485 `TM<integer>`): `TM#60` is TM0 to TM60, `TM#` any. */
interface NumberedRow {
  readonly letters: string;
  readonly max: number;
  readonly row: CodeRow;
}

/**
 * Reads a table: lines of `source,target,system,display,equivalence[,why]`, quotes as in RFC 4180, `#` for remarks. A source `LETTERS#` or
 * `LETTERS#MAX` stands for codes with an integer. `fail` gets the line number.
 */
export function readCodeTable(
  name: string,
  text: string,
  fail: (line: number, why: string) => never,
): CodeTable {
  const rows: CodeRow[] = [];
  let isHeader = true;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const cells = cellsOf(line) ?? fail(index + 1, 'a quote is not closed');
    if (isHeader) {
      isHeader = false;
      if (columns.some((column, at) => cells[at] !== column))
        fail(index + 1, `expected the header ${columns.join(',')}`);
      continue;
    }
    const [source = '', target = '', system = '', display = '', equivalence = ''] = cells;
    if (source === '' || target === '') fail(index + 1, 'source and target must be there');
    if (rows.some((one) => one.source === source)) fail(index + 1, `${source} is there twice`);
    rows.push({ source, target, system, display, equivalence });
  }
  return codeTable(name, rows);
}

/** A table of rows whose sources differ. */
export function codeTable(name: string, rows: readonly CodeRow[]): CodeTable {
  const bySource = new Map<string, CodeRow>();
  const numbered: NumberedRow[] = [];
  for (const row of rows) {
    const [, letters, max = ''] = /^([A-Z]+)#(\d*)$/.exec(row.source) ?? [];
    if (letters === undefined) bySource.set(row.source, row);
    else numbered.push({ letters, max: max === '' ? Infinity : Number(max), row });
  }
  numbered.sort((a, b) => a.max - b.max);
  const byUpperCase = new Map<string, CodeRow>();
  for (const [source, row] of bySource) {
    const upper = source.toUpperCase();
    if (!byUpperCase.has(upper)) byUpperCase.set(upper, row);
  }
  const find = (code: string): CodeRow | undefined =>
    bySource.get(code) ?? byUpperCase.get(code.toUpperCase()) ?? findNumbered(numbered, code);
  return { name, rows, find };
}

function findNumbered(numbered: readonly NumberedRow[], code: string): CodeRow | undefined {
  if (numbered.length === 0) return undefined;
  const [, letters, digits] = /^([A-Z]+)(\d{1,9})$/.exec(code.toUpperCase()) ?? [];
  return numbered.find((one) => one.letters === letters && Number(digits) <= one.max)?.row;
}

function cellsOf(line: string): string[] | null {
  const cells: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  while (cell.lastIndex <= line.length) {
    const match = cell.exec(line);
    if (match === null) return null;
    cells.push(match[1] === undefined ? match[2]! : match[1].replaceAll('""', '"'));
    if (match[3] === '') return cells;
  }
  return cells;
}
