import { writeFileSync } from 'node:fs';
import type { BenchRow } from '../row.ts';
import { memoryRows } from './memory.ts';
import { storeRows } from './store-peers.ts';
import { stowRows } from './stow-peers.ts';

/** Run by `bench/imaging.ts` in a network namespace: writes its rows into the file that it is given. */
const parts: Readonly<Record<string, () => Promise<readonly BenchRow[]>>> = {
  stow: stowRows,
  store: storeRows,
  memory: memoryRows,
};

const [file, ...chosen] = process.argv.slice(2) as [string, ...string[]];
const rows: BenchRow[] = [];
for (const [name, measure] of Object.entries(parts)) {
  if (chosen.length === 0 || chosen.includes(name)) rows.push(...(await measure()));
}
writeFileSync(file, JSON.stringify(rows));
process.exit(0);
