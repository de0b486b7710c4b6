import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { instancesPerSecond, sendObjects } from './dimse/load.ts';
import { dcmtk, startStorescp } from './dimse/storescp.ts';
import { writeStudy } from './dimse/study-files.ts';
import { type BenchRow, median } from './row.ts';
import { MeasuredReceiver } from './stow/child.ts';

const runs = 3;
const instances = 200;
const warmUpInstances = 200;
const megabyte = 1024 * 1024;
const ours = '../dimse/engine-receiver.js';

/**
 * C-STORE from dcmtk's storescu, without Nagle's algorithm, to our node and to dcmtk's storescp, interleaved in one run; CT slices of 0.53 MB.
 * Ours syncs each object and its row before it answers, storescp syncs nothing.
 */
export async function run(): Promise<readonly BenchRow[]> {
  const storescp = dcmtk('storescp');
  const storescu = dcmtk('storescu');
  const rows: BenchRow[] = [];
  if (storescp !== null && storescu !== null) {
    for (const associations of [1, 4]) rows.push(await rate(storescu, storescp, associations));
  }
  rows.push(await growth('a 1 GB object', 1, 1024 * megabyte));
  rows.push(await growth('a study of 5,000 instances', 5_000, 512 * 512 * 2));
  return rows;
}

async function rate(storescu: string, storescp: string, associations: number): Promise<BenchRow> {
  const measured: { ours: number[]; peer: number[] } = { ours: [], peer: [] };
  for (let round = 0; round < runs; round += 1) {
    await inFolder(async (folder) => {
      const files = await writeStudy(folder, instances * associations, `${associations}${round}`);
      const shares = Array.from({ length: associations }, (_, at) =>
        files.slice(at * instances, (at + 1) * instances),
      );
      measured.peer.push(
        await inFolder(async (received) => {
          const port = await freePort();
          const peer = await startStorescp(storescp, received, port);
          const value = await instancesPerSecond(storescu, port, shares);
          peer.kill();
          return value;
        }),
      );
      measured.ours.push(
        await withReceiver(async (receiver) => {
          // As it runs in a hospital: for days. A C program needs no warming up.
          await sendObjects(receiver.port, warmUpInstances, 512 * 512 * 2);
          return instancesPerSecond(storescu, receiver.port, shares);
        }),
      );
    });
  }
  const value = median(measured.ours);
  const peerValue = median(measured.peer);
  return {
    name: `C-STORE, ${associations} association${associations === 1 ? '' : 's'}`,
    value,
    unit: 'instances/s',
    peer: 'dcmtk storescp (TCP_NODELAY), no sync',
    peerValue,
    ratio: value / peerValue,
    target: '>= 0.50',
  };
}

async function growth(what: string, count: number, pixelBytes: number): Promise<BenchRow> {
  const value = await withReceiver(async (receiver) => {
    const before = await receiver.usage();
    await sendObjects(receiver.port, count, pixelBytes);
    return ((await receiver.usage()).rssBytesMax - before.rssBytes) / megabyte;
  });
  return {
    name: `C-STORE, growth of RSS with ${what}`,
    value,
    unit: 'MB',
    peer: 'the limit',
    peerValue: 200,
    ratio: value / 200,
    target: '< 200 MB',
  };
}

const withReceiver = <T>(use: (receiver: MeasuredReceiver) => Promise<T>): Promise<T> =>
  inFolder(async (folder) => {
    const receiver = await MeasuredReceiver.start(ours, folder);
    try {
      return await use(receiver);
    } finally {
      await receiver.stop();
    }
  });

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'bithive-bench-dimse-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
