import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Orthanc } from '../../test/imaging/orthanc.ts';
import { Storescp } from '../../test/imaging/storescp.ts';
import { type BenchRow, median } from '../row.ts';
import { instancesMade } from '../stow/load.ts';
import { nodeOf, startMeasured, storedCount } from './engine.ts';
import { type StoreLoad, storedPerSecond } from './store-load.ts';
import { mustHave } from './stow-peers.ts';

const runs = 5;

/**
 * C-STORE: the whole engine, Orthanc and dcmtk's storescp, interleaved in one run, CT slices of 512 KB. No end waits for Nagle's algorithm.
 * storescp keeps no index and syncs nothing.
 */
export async function storeRows(): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const associations of [1, 4]) rows.push(...(await rates(associations)));
  return rows;
}

async function rates(associations: number): Promise<readonly BenchRow[]> {
  const load = { associations, warmUpMs: 1_000, durationMs: 3_000 };
  const measured: { ours: number[]; orthanc: number[]; storescp: number[] } = {
    ours: [],
    orthanc: [],
    storescp: [],
  };
  for (let round = 0; round < runs; round += 1) {
    measured.orthanc.push(await orthancRate(load));
    measured.ours.push(await engineRate(load));
    measured.storescp.push(await storescpRate(load));
  }
  const value = median(measured.ours);
  const row = (peer: string, values: readonly number[], target: string): BenchRow => ({
    name: `C-STORE, whole engine, ${associations} association${associations === 1 ? '' : 's'}`,
    value,
    unit: 'instances/s',
    peer,
    peerValue: median(values),
    ratio: value / median(values),
    target,
  });
  return [
    row('Orthanc 1.10.1, TCP_NODELAY', measured.orthanc, '>= 1.00'),
    row('storescp 3.6.7, TCP_NODELAY', measured.storescp, '>= 0.50'),
  ];
}

async function orthancRate(load: StoreLoad): Promise<number> {
  const orthanc = await Orthanc.start();
  try {
    const before = instancesMade();
    const rate = await storedPerSecond(orthanc, load);
    mustHave('Orthanc', await orthanc.instanceCount(), instancesMade() - before);
    return rate;
  } finally {
    await orthanc.stop();
  }
}

async function engineRate(load: StoreLoad): Promise<number> {
  const engine = await startMeasured();
  try {
    const before = instancesMade();
    const rate = await storedPerSecond(nodeOf(engine), load);
    mustHave('the engine', await storedCount(engine), instancesMade() - before);
    return rate;
  } finally {
    await engine.close();
  }
}

async function storescpRate(load: StoreLoad): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'bithive-bench-storescp-'));
  const storescp = await Storescp.start(folder, { bitPreserving: false });
  try {
    const before = instancesMade();
    const rate = await storedPerSecond(storescp, load);
    mustHave('storescp', readdirSync(folder).length, instancesMade() - before);
    return rate;
  } finally {
    await storescp.stop();
    rmSync(folder, { recursive: true });
  }
}
