import { readFileSync } from 'node:fs';

interface Names {
  readonly byTag: ReadonlyMap<number, string>;
  readonly byKeyword: ReadonlyMap<string, number>;
}
let kept: Names | undefined;

/** The keyword of PS3.6, `PatientName`; undefined for private elements and for those of groups that repeat. */
export function keywordOf(tag: number): string | undefined {
  return names().byTag.get(tag);
}

/** The tag of a keyword; undefined for what PS3.6 does not have. */
export function tagOf(keyword: string): number | undefined {
  return names().byKeyword.get(keyword);
}

/** Read when it is first asked for: reading images needs no names. */
function names(): Names {
  if (kept !== undefined) return kept;
  const lines = readFileSync(new URL('tables/keywords.csv', import.meta.url), 'utf8').split('\n');
  const rows = lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => [Number.parseInt(line.slice(0, 8), 16), line.slice(9)] as const);
  kept = { byTag: new Map(rows), byKeyword: new Map(rows.map(([tag, keyword]) => [keyword, tag])) };
  return kept;
}
