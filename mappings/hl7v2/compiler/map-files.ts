import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BitHiveError } from '../../../core/errors.ts';

/** The texts of a map by their paths in it: `segments/pid.patient.yaml`. */
export type MapFiles = ReadonlyMap<string, string>;

/** The folders of a map and what their files end in. */
export const mapParts = { messages: '.yaml', segments: '.yaml', types: '.yaml', tables: '.csv' } as const;
export type MapPart = keyof typeof mapParts;

/** Reads `messages/`, `segments/`, `types/` (YAML) and `tables/` (CSV). Throws BH_MAP_DEFINITION when one is not there. */
export function readMapFiles(folder: string): MapFiles {
  const files = new Map<string, string>();
  for (const [part, extension] of Object.entries(mapParts)) {
    for (const name of namesIn(join(folder, part), extension))
      files.set(`${part}/${name}`, readFileSync(join(folder, part, name), 'utf8'));
  }
  return files;
}

/** Files of one folder of the map: name without extension, path, text. */
export function filesOf(
  files: MapFiles,
  part: MapPart,
): readonly { readonly name: string; readonly path: string; readonly text: string }[] {
  const extension = mapParts[part];
  return [...files]
    .filter(([path]) => path.startsWith(`${part}/`))
    .map(([path, text]) => ({ name: path.slice(part.length + 1, -extension.length), path, text }));
}

/** First 12 digits of the SHA-256 over all files. */
export function hashOf(files: MapFiles): string {
  const hash = createHash('sha256');
  for (const [path, text] of files) hash.update(`${path}\n`).update(text);
  return hash.digest('hex').slice(0, 12);
}

function namesIn(folder: string, extension: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(extension))
      .sort();
  } catch (error) {
    throw new BitHiveError('BH_MAP_DEFINITION', `${folder}: cannot be read`, { cause: error });
  }
}
