import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runAlone } from '../test/imaging/alone.ts';
import { prepare } from '../test/imaging/prepare.ts';
import type { BenchRow } from './row.ts';

/**
 * The whole engine against Debian's Orthanc and dcmtk, in a network namespace (Orthanc listens on all interfaces), so in a process of its
 * own. `BENCH_PARTS=stow,store,memory` chooses among its parts. No rows where the peers are not installed: `npm run test:imaging -- --install` installs them.
 */
export async function run(): Promise<readonly BenchRow[]> {
  const why = prepare();
  if (why !== null) {
    process.stderr.write(`imaging is not measured: ${why}\n`);
    return [];
  }
  const folder = mkdtempSync(join(tmpdir(), 'bithive-bench-imaging-'));
  try {
    const rows = join(folder, 'rows.json');
    const parts = (process.env.BENCH_PARTS ?? '').split(',').filter((part) => part !== '');
    const program = fileURLToPath(new URL('./imaging/main.js', import.meta.url));
    const status = runAlone([process.execPath, program, rows, ...parts]);
    if (status !== 0) throw new TypeError(`the measurement of imaging ended with ${status}`);
    return JSON.parse(readFileSync(rows, 'utf8')) as readonly BenchRow[];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
