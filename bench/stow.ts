import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Contender, medianRates, withContenders } from './rounds.ts';
import type { BenchRow } from './row.ts';
import { MeasuredReceiver } from './stow/child.ts';
import { instancesPerSecond, sendLargeObject } from './stow/load.ts';

const largeBytes = 1024 * 1024 * 1024;
const megabyte = 1024 * 1024;
const ours = './engine-receiver.js';
const bare = './bare-receiver.js';

/** STOW-RS against a bare receiver that splits, hashes and fdatasyncs, in turns; CT slices of 512 KB. */
export async function run(): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const instancesPerRequest of [1, 10]) {
    const contenders = {
      bare: await contender(bare, instancesPerRequest),
      ours: await contender(ours, instancesPerRequest),
    };
    await withContenders(contenders, async () => {
      for (const connections of [1, 4]) {
        const rates = await medianRates(contenders, connections, { runs: 5, durationMs: 2_000 });
        rows.push(row(connections, instancesPerRequest, rates.ours, rates.bare));
      }
    });
  }
  rows.push(await memory());
  return rows;
}

async function contender(entry: string, instancesPerRequest: number): Promise<Contender> {
  const folder = await mkdtemp(join(tmpdir(), 'bithive-bench-stow-'));
  const receiver = await MeasuredReceiver.start(entry, folder);
  return {
    send: (load) => instancesPerSecond(receiver.port, { ...load, instancesPerRequest }),
    async end() {
      await receiver.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
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
