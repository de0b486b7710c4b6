import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { medianRates, type RoundLoad, warm } from './rounds.ts';
import type { BenchRow } from './row.ts';
import { MeasuredReceiver } from './stow/child.ts';
import { instancesPerSecond, sendLargeObject } from './stow/load.ts';

const largeBytes = 1024 * 1024 * 1024;
const megabyte = 1024 * 1024;
const ours = './engine-receiver.js';
const bare = './bare-receiver.js';

/** STOW-RS against a bare receiver that splits, hashes and fdatasyncs, in turns; CT slices of 512 KB. */
export async function run(): Promise<readonly BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bithive-bench-stow-'));
  const receivers = {
    bare: await MeasuredReceiver.start(bare, await mkdtemp(join(folder, 'bare-'))),
    ours: await MeasuredReceiver.start(ours, await mkdtemp(join(folder, 'ours-'))),
  };
  const senders = {
    bare: (load: RoundLoad) => instancesPerSecond(receivers.bare.port, load),
    ours: (load: RoundLoad) => instancesPerSecond(receivers.ours.port, load),
  };
  const rows: BenchRow[] = [];
  await warm(senders);
  for (const instancesPerRequest of [1, 10]) {
    for (const connections of [1, 4]) {
      const load = { connections, instancesPerRequest };
      const rates = await medianRates(senders, load, { runs: 5, durationMs: 2_000 });
      rows.push(row(connections, instancesPerRequest, rates.ours, rates.bare));
    }
  }
  for (const receiver of Object.values(receivers)) await receiver.stop();
  await rm(folder, { recursive: true, force: true });
  return [...rows, await memory()];
}

function row(connections: number, instancesPerRequest: number, value: number, peerValue: number): BenchRow {
  return {
    name: `STOW-RS, ${connections} connection${connections === 1 ? '' : 's'}, ${instancesPerRequest} per request`,
    value,
    unit: 'instances/s',
    peer: 'bare split + hash + fdatasync',
    peerValue,
    ratio: value / peerValue,
    target: '>= 0.70',
  };
}

async function memory(): Promise<BenchRow> {
  const growth = (entry: string) =>
    withReceiver(entry, async (receiver) => {
      const before = await receiver.usage();
      await sendLargeObject(receiver.port, largeBytes);
      return ((await receiver.usage()).rssBytesMax - before.rssBytes) / megabyte;
    });
  const value = await growth(ours);
  const peerValue = await growth(bare);
  return {
    name: 'STOW-RS, growth of RSS with a 1 GB object',
    value,
    unit: 'MB',
    peer: 'bare split + hash + fdatasync',
    peerValue,
    ratio: value / peerValue,
    target: '< 200 MB',
  };
}

async function withReceiver<T>(entry: string, use: (receiver: MeasuredReceiver) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'bithive-bench-stow-'));
  const receiver = await MeasuredReceiver.start(entry, folder);
  try {
    return await use(receiver);
  } finally {
    await receiver.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
