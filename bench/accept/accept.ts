import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BenchRow, median } from '../row.ts';
import { bareAppendPerSecond } from './bare-append.ts';
import { MeasuredServer } from './child.ts';
import { type LoadResult, mllpLoad } from './load.ts';

const runs = 5;
const durationMs = 2_000;
/** Code is compiled by the runtime only after thousands of messages: every server is warmed over many connections, whatever is measured. */
const warmUpMs = 4_000;
const warmUpConnections = 32;

interface Measured extends LoadResult {
  readonly cpuMsPerMessage: number;
}

/**
 * Durable accept and end to end against the bare loop, in the same run, interleaved so that both see the same disk. Each server is a
 * process of its own and starts with an empty folder.
 */
export async function run(): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const connections of [1, 8, 32]) {
    const bare: Measured[] = [];
    const accept: Measured[] = [];
    const thread: Measured[] = [];
    const whole: Measured[] = [];
    const append: number[] = [];
    for (let round = 0; round < runs; round += 1) {
      bare.push(await measure('./bare-server.js', [], connections));
      accept.push(await measure('./engine-server.js', ['inline'], connections));
      thread.push(await measure('./engine-server.js', ['thread'], connections));
      whole.push(await measure('./whole-server.js', [], connections));
      append.push(inFolder((folder) => bareAppendPerSecond(folder, connections, 500)));
    }
    rows.push(...rowsOf(connections, bare, accept, thread, whole, append));
  }
  return rows;
}

function rowsOf(
  connections: number,
  bare: readonly Measured[],
  accept: readonly Measured[],
  thread: readonly Measured[],
  whole: readonly Measured[],
  append: readonly number[],
): readonly BenchRow[] {
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
    row('end to end', of(whole, rate), 'messages/s', 'bare loop', bareRate, '>= 0.35'),
  ];
}

async function measure(entry: string, args: readonly string[], connections: number): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'bithive-bench-'));
  const server = await MeasuredServer.start(entry, [folder, ...args]);
  try {
    await mllpLoad(server.port, warmUpConnections, warmUpMs, 'warm');
    const before = await workedOff(server);
    const startedAt = performance.now();
    const load = await mllpLoad(server.port, connections, durationMs, 'load');
    const after = await server.usage();
    const finished = after.count - before.count;
    const seconds = (performance.now() - startedAt) / 1000;
    const cpuMsPerMessage = (after.cpuMs - before.cpuMs) / Math.max(1, finished);
    // What counts is what the server finished: end to end that is delivered, not only acknowledged.
    return { ...load, perSecond: Math.min(load.perSecond, finished / seconds), cpuMsPerMessage };
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the server finished once nothing is left of the warm-up. */
async function workedOff(server: MeasuredServer) {
  let before = await server.usage();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    const now = await server.usage();
    if (now.count === before.count) return now;
    before = now;
  }
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'bithive-bench-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
