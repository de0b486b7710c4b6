import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assert } from '../core/assert.ts';

/** Folder of the package: the nearest one above with a package.json, whether the source tree or `dist` runs. */
export const packageRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  assert(parent !== folder, 'the engine lies in its package');
  return findRoot(parent);
}
