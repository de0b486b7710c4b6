import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BitHiveError } from '../../core/errors.ts';

/**
 * Path of the compiled worker. A worker thread is loaded by Node itself, which on Node 20 runs no TypeScript: from `dist` it is the file beside
 * this one; from the source tree (the tests) it is the one that `npm run build` made. Throws BH_MODEL_WORKER when it was not built.
 */
export function workerEntryPath(): string {
  const isSource = import.meta.url.endsWith('.ts');
  const entry = isSource ? '../../dist/inference/worker/main.js' : './main.js';
  const path = fileURLToPath(new URL(entry, import.meta.url));
  if (existsSync(path)) return path;
  throw new BitHiveError('BH_MODEL_WORKER', `${path} is missing: run npm run build`);
}
