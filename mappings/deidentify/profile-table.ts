import { readFileSync } from 'node:fs';
import { assert } from '../../core/assert.ts';
import { type ProfileOption, profileOptions } from './profile-options.ts';

/**
 * What PS3.15 Table E.1-1 prescribes: X remove, Z empty (or a dummy), D dummy value, K keep, C clean, U new UID. `X/Z/D` and alike depend on the type
 * that the attribute has in the object's IOD; `U*` is a sequence whose references get new UIDs.
 */
export type TableAction = 'X' | 'Z' | 'D' | 'U' | 'X/Z' | 'X/D' | 'Z/D' | 'X/Z/D' | 'X/Z/U*';

export interface ProfileRow {
  /** Eight hexadecimal digits, `x` for any; `private` for all odd groups. */
  readonly tag: string;
  /** Keyword of PS3.6; empty where the dictionary at hand is older than the attribute. */
  readonly keyword: string;
  /** Edition of PS3.15 that has the row. */
  readonly edition: string;
  readonly basic: TableAction;
  /** What an option does instead; options that are not named leave the basic action. */
  readonly options: Readonly<Partial<Record<ProfileOption, 'K' | 'C'>>>;
}

/** All rows, in the order of their tags. Made by scripts/generate-confidentiality-profile.mjs. */
export const profileRows: readonly ProfileRow[] = readRows();

const byTag = new Map<number, ProfileRow>();
const masks: { readonly bits: number; readonly value: number; readonly row: ProfileRow }[] = [];
for (const row of profileRows) {
  if (row.tag === 'private') continue;
  if (!row.tag.includes('x')) byTag.set(Number.parseInt(row.tag, 16), row);
  else
    masks.push({
      bits: Number.parseInt(row.tag.replace(/[^x]/g, 'f').replaceAll('x', '0'), 16),
      value: Number.parseInt(row.tag.replaceAll('x', '0'), 16),
      row,
    });
}

/** The row of an attribute of an even group; undefined where the table has none. Curves and overlays repeat in groups. */
export function profileRow(tag: number): ProfileRow | undefined {
  const row = byTag.get(tag);
  if (row !== undefined) return row;
  return masks.find(({ bits, value }) => (tag & bits) >>> 0 === value)?.row;
}

function readRows(): readonly ProfileRow[] {
  const text = readFileSync(new URL('./tables/confidentiality-profile.csv', import.meta.url), 'utf8');
  const [head = '', ...lines] = text.trimEnd().split('\n');
  const columns = head.split(',').slice(4);
  assert(
    columns.join() === profileOptions.map(({ column }) => column).join(),
    'the columns of the confidentiality profile are the options, in their order',
  );
  return lines.map((line) => {
    const [tag = '', keyword = '', edition = '', basic = '', ...cells] = line.split(',');
    const options = profileOptions.flatMap(({ name }, at) => {
      const cell = cells[at];
      return cell ? [[name, cell] as const] : [];
    });
    return { tag, keyword, edition, basic: basic as TableAction, options: Object.fromEntries(options) };
  });
}
