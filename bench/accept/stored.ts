import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BenchRow, median } from '../row.ts';
import { MeasuredServer } from './child.ts';
import { mllpLoad } from './load.ts';

const stored = Number(process.env.BITHIVE_BENCH_STORED ?? 5_000_000);
const connections = 32;
const runs = 5;
const durationMs = 2_000;

/** Rate of durable accept with millions of messages already stored, against an empty store, interleaved. */
export async function run(): Promise<readonly BenchRow[]> {
  const full = mkdtempSync(join(tmpdir(), 'bithive-bench-full-'));
  try {
    execFileSync(process.execPath, [
      fileURLToPath(new URL('./prefill.js', import.meta.url)),
      full,
      String(stored),
    ]);
    const onFull: number[] = [];
    const onEmpty: number[] = [];
    for (let round = 0; round < runs; round += 1) {
      onFull.push(await rate(full, `full${round}`));
      const empty = mkdtempSync(join(tmpdir(), 'bithive-bench-empty-'));
      onEmpty.push(await rate(empty, 'empty'));
      rmSync(empty, { recursive: true, force: true });
    }
    const value = median(onFull);
    const peerValue = median(onEmpty);
    const name = `durable accept with ${stored.toLocaleString('en')} stored, ${connections} connections`;
    return [
      {
        name,
        value,
        unit: 'messages/s',
        peer: 'empty store',
        peerValue,
        ratio: value / peerValue,
        target: '>= 0.85',
      },
    ];
  } finally {
    rmSync(full, { recursive: true, force: true });
  }
}

async function rate(folder: string, tag: string): Promise<number> {
  const server = await MeasuredServer.start('./engine-server.js', [folder, 'inline']);
  try {
    await mllpLoad(server.port, connections, 700, `${tag}-warm`);
    return (await mllpLoad(server.port, connections, durationMs, `${tag}-load`)).perSecond;
  } finally {
    await server.stop();
  }
}
