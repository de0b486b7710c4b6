import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BenchRow, median } from '../row.ts';
import { bareAppendPerSecond } from './bare-append.ts';
import { type Measured, Served } from './served.ts';

const runs = 5;

/**
 * Durable accept and end to end against the bare loop, in the same run, interleaved so that all see the same disk. Each server is a process
 * of its own with a folder of its own.
 */
export async function run(): Promise<readonly BenchRow[]> {
  const servers = await Promise.all(
    [
      ['./bare-server.js'],
      ['./engine-server.js', 'inline'],
      ['./engine-server.js', 'thread'],
      ['./whole-server.js', 'inline'],
      ['./whole-server.js', 'thread'],
    ].map(([entry, ...args]) => Served.start(entry as string, args)),
  );
  try {
    for (const server of servers) await server.warmUp();
    const rows: BenchRow[] = [];
    for (const connections of [1, 8, 32]) {
      const append: number[] = [];
      for (let round = 0; round < runs; round += 1) {
        for (const server of servers) await server.measure(connections);
        append.push(inFolder((folder) => bareAppendPerSecond(folder, connections, 500)));
      }
      rows.push(
        ...rowsOf(
          connections,
          servers.map((server) => server.take()),
          append,
        ),
      );
    }
    return rows;
  } finally {
    for (const server of servers) await server.stop();
  }
}

function rowsOf(
  connections: number,
  measured: readonly (readonly Measured[])[],
  append: readonly number[],
): readonly BenchRow[] {
  const [bare = [], accept = [], thread = [], whole = [], wholeThread = []] = measured;
  const at = `${connections} connection${connections === 1 ? '' : 's'}`;
  const of = (results: readonly Measured[], read: (result: Measured) => number) => median(results.map(read));
  const row = (
    name: string,
    value: number,
    unit: string,
    peer: string,
    peerValue: number,
    target?: string,
  ): BenchRow => ({
    name: `${name}, ${at}`,
    value,
    unit,
    peer,
    peerValue,
    ratio: value / peerValue,
    ...(target ? { target } : {}),
  });
  const rate = (result: Measured) => result.perSecond;
  const bareRate = of(bare, rate);
  return [
    row(
      'durable accept, store.writer inline',
      of(accept, rate),
      'messages/s',
      'bare loop',
      bareRate,
      '>= 0.60',
    ),
    row(
      'durable accept, store.writer thread (default)',
      of(thread, rate),
      'messages/s',
      'bare loop',
      bareRate,
    ),
    row('durable accept', of(accept, rate), 'messages/s', 'append + fdatasync', median(append)),
    row(
      'durable accept p99',
      of(accept, (r) => r.p99Ms),
      'ms',
      'bare loop',
      of(bare, (r) => r.p99Ms),
      '<= 4',
    ),
    row(
      'CPU per accept',
      of(accept, (r) => r.cpuMsPerMessage),
      'ms',
      'bare loop',
      of(bare, (r) => r.cpuMsPerMessage),
      'value <= 0.2',
    ),
    row('end to end, store.writer inline', of(whole, rate), 'messages/s', 'bare loop', bareRate, '>= 0.35'),
    row(
      'end to end, store.writer thread (default)',
      of(wholeThread, rate),
      'messages/s',
      'bare loop',
      bareRate,
    ),
    row(
      'CPU end to end',
      of(whole, (r) => r.cpuMsPerMessage),
      'ms',
      'bare loop',
      of(bare, (r) => r.cpuMsPerMessage),
    ),
  ];
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'bithive-bench-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
