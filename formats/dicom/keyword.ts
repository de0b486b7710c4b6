import { readFileSync } from 'node:fs';

let keywords: ReadonlyMap<number, string> | undefined;

/** The keyword of PS3.6, `PatientName`; undefined for private elements and for those of groups that repeat. */
export function keywordOf(tag: number): string | undefined {
  keywords ??= readKeywords();
  return keywords.get(tag);
}

/** Read when it is first asked for: only a person who reads a dump needs it. */
function readKeywords(): ReadonlyMap<number, string> {
  const lines = readFileSync(new URL('tables/keywords.csv', import.meta.url), 'utf8').split('\n');
  return new Map(
    lines
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [Number.parseInt(line.slice(0, 8), 16), line.slice(9)]),
  );
}
