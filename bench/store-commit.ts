import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NewMessage } from '../core/message.ts';
import { type Clock, type Store, silentLogger } from '../core/ports/index.ts';
import { openSqliteStore } from '../platform/store/index.ts';
import { openConnection } from '../platform/store/sqlite/connection.ts';
import { loadSqlite } from '../platform/store/sqlite/driver.ts';

/**
 * Durable accepts per second of the store against a bare loop with the same driver: one row of id and body per message,
 * grouped the same way. 1 KB bodies, three search keys, a dedupe key. Figures are only good as ratios within one run.
 */
const clock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, call) => {
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
};
const body = Buffer.alloc(1024, 'PID|1||4711^^^HOSP^MR||Doe^Jane|');
let serial = 0;

export function benchMessage(): NewMessage {
  serial += 1;
  return {
    channel: 'adt-orders',
    channelVersion: 1,
    kind: 'hl7v2',
    type: 'ADT^A04',
    sender: 'HIS|HOSPITAL',
    contentType: 'application/hl7-v2',
    receivedAtMs: 1_700_000_000_000 + serial,
    keys: [`P${serial % 50_000}`],
    searchKeys: [
      ['mrn', `P${serial % 50_000}`],
      ['visit', `V${serial % 100_000}`],
      ['control-id', `MSG${serial}`],
    ],
    dedupe: { key: `HIS|HOSPITAL|MSG${serial}`, contentHash: 'ab'.repeat(32) },
    body: { kind: 'inline', bytes: body },
  };
}

export interface Rate {
  readonly perSecond: number;
  readonly cpuMicros: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  /** Longest time that the event loop was held. */
  readonly stallMs: number;
}

/** `callers` loops, each waiting for its own answer before the next call. */
export async function measure(callers: number, forMs: number, call: () => Promise<unknown>): Promise<Rate> {
  const latencies: number[] = [];
  const cpu = process.cpuUsage();
  const start = performance.now();
  let last = start;
  let stallMs = 0;
  const ticker = setInterval(() => {
    const now = performance.now();
    stallMs = Math.max(stallMs, now - last - 1);
    last = now;
  }, 1);
  const loop = async () => {
    for (let now = performance.now(); now - start < forMs; ) {
      await call();
      const after = performance.now();
      latencies.push(after - now);
      now = after;
    }
  };
  await Promise.all(Array.from({ length: callers }, loop));
  clearInterval(ticker);
  const wallMs = performance.now() - start;
  const used = process.cpuUsage(cpu);
  latencies.sort((a, b) => a - b);
  const at = (part: number) => 1000 * latencies[Math.floor(latencies.length * part)]!;
  return {
    perSecond: (latencies.length / wallMs) * 1000,
    cpuMicros: (used.user + used.system) / latencies.length,
    p50Micros: at(0.5),
    p99Micros: at(0.99),
    stallMs,
  };
}

/** The bare loop: what arrives in one turn shares a transaction; nothing is parsed, indexed or compared. */
export async function openBare(folder: string) {
  const database = openConnection(await loadSqlite(), join(folder, 'bare.db'), { checkpointPages: 1000 });
  database.exec('CREATE TABLE messages (seq INTEGER PRIMARY KEY, control_id TEXT, body BLOB)');
  const insert = database.prepare('INSERT INTO messages VALUES (?, ?, ?)');
  let waiting: (() => void)[] = [];
  let seq = 0;
  const commit = () => {
    const group = waiting;
    waiting = [];
    database.exec('BEGIN IMMEDIATE');
    for (let at = 0; at < group.length; at += 1) {
      seq += 1;
      insert.run(seq, `MSG${seq}`, body);
    }
    database.exec('COMMIT');
    for (const resolve of group) resolve();
  };
  const accept = () =>
    new Promise<void>((resolve) => {
      if (waiting.push(resolve) === 1) setImmediate(commit);
    });
  return { accept, close: () => database.close() };
}

function line(name: string, callers: number, rate: Rate, bare: Rate): string {
  const cells = [
    name.padEnd(8),
    String(callers).padStart(4),
    `${Math.round(rate.perSecond)}/s`.padStart(10),
    `${Math.round((100 * rate.perSecond) / bare.perSecond)} %`.padStart(6),
    `cpu ${rate.cpuMicros.toFixed(1)} us`.padStart(14),
    `p50 ${Math.round(rate.p50Micros)} us`.padStart(14),
    `p99 ${Math.round(rate.p99Micros)} us`.padStart(14),
    `stall ${rate.stallMs.toFixed(1)} ms`.padStart(15),
  ];
  return cells.join(' ');
}

async function main(): Promise<void> {
  const forMs = Number(process.env.BENCH_MS ?? 2000);
  const root = mkdtempSync(join(process.env.BENCH_FOLDER ?? tmpdir(), 'bithive-bench-'));
  const stores: { name: string; store: Store }[] = [];
  for (const writer of ['inline', 'thread'] as const) {
    const folder = join(root, writer);
    const store = await openSqliteStore({ folder, clock, logger: silentLogger, writer, diskFreeBytesMin: 0 });
    stores.push({ name: writer, store });
  }
  const bare = await openBare(root);
  for (const callers of [1, 8, 32, 128]) {
    for (let round = 0; round < Number(process.env.BENCH_ROUNDS ?? 3); round += 1) {
      const baseline = await measure(callers, forMs, bare.accept);
      process.stdout.write(`${line('bare', callers, baseline, baseline)}\n`);
      for (const { name, store } of stores) {
        const rate = await measure(callers, forMs, () => store.accept(benchMessage()));
        process.stdout.write(`${line(name, callers, rate, baseline)}\n`);
      }
    }
  }
  bare.close();
  for (const { store } of stores) await store.close();
  rmSync(root, { recursive: true });
}

if (process.argv[1]?.includes('store-commit')) await main();
