import { writeFileSync } from 'node:fs';
import type { BenchRow } from '../row.ts';
import { memoryRows } from './memory.ts';
import { type Receivers, startReceivers } from './receivers.ts';
import { storeRows } from './store-peers.ts';
import { stowRows } from './stow-peers.ts';

/** Run by `bench/imaging.ts` in a network namespace: writes its rows into the file that it is given. */
const doors: Readonly<Record<string, (receivers: Receivers) => Promise<readonly BenchRow[]>>> = {
  stow: stowRows,
  store: storeRows,
};

const [file, ...chosen] = process.argv.slice(2) as [string, ...string[]];
const isChosen = (part: string): boolean => chosen.length === 0 || chosen.includes(part);
const rows: BenchRow[] = [];
const measured = Object.entries(doors).filter(([name]) => isChosen(name));
if (measured.length > 0) {
  const receivers = await startReceivers();
  for (const [, measure] of measured) rows.push(...(await measure(receivers)));
  for (const receiver of [receivers.ours, receivers.orthanc, receivers.storescp]) await receiver.end();
}
if (isChosen('memory')) rows.push(...(await memoryRows()));
writeFileSync(file, JSON.stringify(rows));
process.exit(0);
