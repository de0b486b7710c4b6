import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BitHiveError } from '../../../../core/errors.ts';

/** Path of the compiled thread: from `dist` the file beside this one, from the source tree (the tests) what `npm run build` made. */
export function frameWorkerPath(): string {
  const isSource = import.meta.url.endsWith('.ts');
  const entry = isSource ? '../../../../dist/connectors/dicomweb/surface/worker/main.js' : './main.js';
  const path = fileURLToPath(new URL(entry, import.meta.url));
  if (existsSync(path)) return path;
  throw new BitHiveError('BH_INTERNAL', `${path} is missing: run npm run build`);
}
