import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A row of Table E.1-1 as the second source has it. */
export interface SecondRow {
  readonly tag: string;
  readonly basic: string;
  /** Letters of the file's head. */
  readonly options: string;
}

export function readSecondSource(): readonly SecondRow[] {
  const text = readFileSync(join('test', 'mappings', 'deidentify', 'second-source.txt'), 'utf8');
  const rows: SecondRow[] = [];
  let head: readonly string[] = [];
  for (const line of text.trimEnd().split('\n')) {
    if (line.startsWith('#')) continue;
    if (line.startsWith('=')) head = line.slice(2).split(' ');
    else
      rows.push(
        ...line.split(' ').map((tag) => ({
          tag: tag.replaceAll('X', 'x'),
          basic: head[0] ?? '',
          options: head[1] ?? '',
        })),
      );
  }
  return rows;
}

/** What each letter says, by option. */
export const letters: Readonly<Record<string, Readonly<Record<string, 'K' | 'C'>>>> = {
  u: { 'retain-uids': 'K' },
  v: { 'retain-device-identity': 'K' },
  V: { 'retain-device-identity': 'C' },
  i: { 'retain-institution-identity': 'K' },
  p: { 'retain-patient-characteristics': 'K' },
  P: { 'retain-patient-characteristics': 'C' },
  d: { 'retain-full-dates': 'K', 'retain-modified-dates': 'C' },
  c: { 'clean-descriptors': 'C' },
  s: { 'clean-structured-content': 'C' },
  g: { 'clean-graphics': 'C' },
};

export const optionsOf = (row: SecondRow): Record<string, 'K' | 'C'> =>
  Object.assign({}, ...[...row.options].map((letter) => letters[letter]));
