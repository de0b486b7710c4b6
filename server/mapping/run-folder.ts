import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BitHiveError } from '../../core/errors.ts';
import type { Hl7ToFhirMap } from '../../mappings/index.ts';
import { convertFile } from './convert-file.ts';

/** What became of one file. */
export interface FileReport {
  readonly file: string;
  readonly bundles: number;
  /** Messages of it that gave no Bundle. */
  readonly refused: number;
  readonly issues: number;
  readonly residue: number;
}

const extension = /\.hl7$/i;

/**
 * Converts every `NAME.hl7` of a folder and those below it, in the order of their names, to `NAME.json` and `NAME.issues.json`; of a batch to `NAME.1.json`, `NAME.2.json` and so on.
 *
 * @throws BH_CLI_USAGE when the folder cannot be read or written, or two files would give one
 */
export async function runFolder(
  from: string,
  to: string,
  map: Hl7ToFhirMap,
  report: (file: FileReport) => void,
): Promise<void> {
  const written = new Set<string>();
  const write = async (path: string, text: string) => {
    if (written.has(path)) throw new BitHiveError('BH_CLI_USAGE', `two files of ${from} would give ${path}`);
    written.add(path);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `${text}\n`);
  };
  for (const file of await filesIn(from)) {
    const parts = convertFile(await readFile(join(from, file)), map);
    const base = join(to, file.replace(extension, ''));
    for (const { suffix, bundle, outcome, residue } of parts) {
      if (bundle !== undefined) await write(`${base}${suffix}.json`, bundle);
      await write(`${base}${suffix}.issues.json`, JSON.stringify({ outcome, residue }));
    }
    const bundles = parts.filter(({ bundle }) => bundle !== undefined).length;
    const isOfBatch = parts.length > 1;
    report({
      file,
      bundles,
      refused: parts.filter(({ bundle, suffix }) => bundle === undefined && (suffix !== '' || !isOfBatch))
        .length,
      issues: parts.reduce((count, { outcome }) => count + realIssues(outcome), 0),
      residue: parts.reduce((count, { residue }) => count + residue.length, 0),
    });
  }
}

const realIssues = (outcome: { readonly issue?: unknown }): number =>
  (outcome.issue as readonly { readonly code: string }[]).filter(({ code }) => code !== 'informational')
    .length;

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new BitHiveError('BH_CLI_USAGE', `${folder} cannot be read`, { cause });
  });
  return entries
    .filter((entry) => entry.isFile() && extension.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, '/').length))
    .sort();
}
