import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BenchRow, median } from './row.ts';
import { MeasuredReceiver } from './stow/child.ts';
import { instancesPerSecond, type Load, sendLargeObject } from './stow/load.ts';

const runs = 5;
const largeBytes = 1024 * 1024 * 1024;
const megabyte = 1024 * 1024;
const ours = './engine-receiver.js';
const bare = './bare-receiver.js';

/** STOW-RS against a bare receiver that splits, hashes and fdatasyncs, interleaved in one run; CT slices of 512 KB. */
export async function run(): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const connections of [1, 4]) {
    for (const instancesPerRequest of [1, 10]) {
      rows.push(await rate({ connections, instancesPerRequest, warmUpMs: 500, durationMs: 2_000 }));
    }
  }
  rows.push(await memory());
  return rows;
}

async function rate(load: Load): Promise<BenchRow> {
  const measured: { ours: number[]; bare: number[] } = { ours: [], bare: [] };
  for (let round = 0; round < runs; round += 1) {
    measured.bare.push(await withReceiver(bare, (receiver) => instancesPerSecond(receiver.port, load)));
    measured.ours.push(await withReceiver(ours, (receiver) => instancesPerSecond(receiver.port, load)));
  }
  const value = median(measured.ours);
  const peerValue = median(measured.bare);
  return {
    name: `STOW-RS, ${load.connections} connection${load.connections === 1 ? '' : 's'}, ${load.instancesPerRequest} per request`,
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
