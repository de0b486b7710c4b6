import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';
import type { Urgency } from '../../core/order.ts';
import { silentLogger, silentMetrics } from '../../core/ports/index.ts';
import {
  createInferencePool,
  type InferencePool,
  type PoolJob,
  type PoolOptions,
} from '../../inference/pool.ts';
import { ManualClock } from '../manual-clock.ts';
import { until } from '../until.ts';

const scripted = fileURLToPath(new URL('./workers/scripted-worker.mjs', import.meta.url));
const stillborn = fileURLToPath(new URL('./workers/stillborn-worker.mjs', import.meta.url));
const never = new AbortController().signal;
const noModels = {
  models: [],
  get() {
    throw new Error('the pool asks for no model');
  },
};

let pool: InferencePool | undefined;
afterEach(async () => {
  await pool?.close();
  pool = undefined;
});

function open(options: Partial<PoolOptions> = {}): {
  pool: InferencePool;
  clock: ManualClock;
  lost: string[];
} {
  const clock = new ManualClock();
  const lost: string[] = [];
  const logger = { ...silentLogger, warn: (event: string) => void lost.push(event) };
  pool = createInferencePool({
    models: noModels,
    clock,
    logger,
    metrics: silentMetrics,
    workers: 1,
    entryPath: scripted,
    ...options,
  });
  return { pool, clock, lost };
}

/** The scripted worker acts on the name; a number is the answer. */
const job = (act: string, urgency: Urgency = 'routine'): PoolJob => ({
  model: 'any',
  urgency,
  image: { kind: 'file', path: act, sha256: '' },
});

test('jobs that wait are run by urgency, then in order of arrival', async () => {
  const { pool } = open();
  const order: number[] = [];
  const run = async (name: number, urgency: Urgency) => {
    await pool.run(job(String(name), urgency), never);
    order.push(name);
  };
  // The worker thread is still starting while these are queued, so all of them wait.
  await Promise.all([
    run(1, 'routine'),
    run(2, 'urgent'),
    run(3, 'stat'),
    run(4, 'routine'),
    run(5, 'stat'),
    run(6, 'urgent'),
  ]);
  expect(order).toEqual([3, 5, 2, 6, 1, 4]);
});

test('every job of many gets its own answer from several workers', async () => {
  const { pool } = open({ workers: 3 });
  const names = Array.from({ length: 200 }, (_, at) => at);
  const results = await Promise.all(names.map((name) => pool.run(job(String(name)), never)));
  expect(results.map((result) => result.kind === 'completed' && result.probability)).toEqual(names);
});

test.each(['die', 'throw', 'heap'])('a worker that meets its end by %s is replaced', async (act) => {
  const { pool, lost } = open({ heapMb: 24 });
  const killed = pool.run(job(act), never);
  const next = pool.run(job('7'), never);
  await expect(killed).rejects.toMatchObject({ code: 'BH_MODEL_WORKER' });
  await expect(next).resolves.toMatchObject({ kind: 'completed', probability: 7 });
  expect(lost).toEqual(['inference.worker.lost']);
});

test('a worker that hangs is replaced at its time limit, and not before', async () => {
  const { pool, clock } = open({ runMs: 1_000 });
  let settled = false;
  const hung = pool.run(job('hang'), never);
  hung.catch(() => {
    settled = true;
  });
  const next = pool.run(job('7'), never);
  await until(() => clock.timersCount === 1);
  clock.advance(999);
  await new Promise((resolve) => setImmediate(resolve));
  expect(settled).toBe(false);
  clock.advance(1);
  await expect(hung).rejects.toMatchObject({
    code: 'BH_MODEL_WORKER',
    detail: expect.stringContaining('1000 ms'),
  });
  await expect(next).resolves.toMatchObject({ probability: 7 });
});

test('a worker that cannot start gives the jobs back and is not started in a tight loop', async () => {
  const { pool, clock, lost } = open({ entryPath: stillborn });
  await expect(pool.run(job('1'), never)).rejects.toMatchObject({ code: 'BH_MODEL_BUSY' });
  await until(() => clock.timersCount === 1);
  expect(lost).toHaveLength(1);
  clock.advance(200);
  await until(() => lost.length === 2);
  expect(clock.timersCount).toBe(1);
});

test('a full queue says so', async () => {
  const { pool } = open({ queueJobsMax: 2 });
  const taken = [pool.run(job('1'), never), pool.run(job('2'), never)];
  await expect(pool.run(job('3'), never)).rejects.toMatchObject({ code: 'BH_MODEL_BUSY' });
  await expect(Promise.all(taken)).resolves.toHaveLength(2);
});

test('an aborted job is given back whether it waits or runs, and the worker goes on', async () => {
  const { pool, clock } = open();
  const running = new AbortController();
  const waiting = new AbortController();
  const first = pool.run(job('hang'), running.signal);
  const second = pool.run(job('2'), waiting.signal);
  const third = pool.run(job('3'), never);
  await until(() => clock.timersCount === 1);
  waiting.abort();
  await expect(second).rejects.toMatchObject({ code: 'BH_STOPPING' });
  running.abort();
  await expect(first).rejects.toMatchObject({ code: 'BH_STOPPING' });
  clock.advance(60_000);
  await expect(third).resolves.toMatchObject({ probability: 3 });
  await expect(pool.run(job('4'), waiting.signal)).rejects.toMatchObject({ code: 'BH_STOPPING' });
});

test('close lets what was taken finish and takes nothing more', async () => {
  const { pool } = open();
  const taken = [1, 2, 3].map((name) => pool.run(job(String(name)), never));
  const closed = pool.close();
  await expect(pool.run(job('4'), never)).rejects.toMatchObject({ code: 'BH_STOPPING' });
  await expect(Promise.all(taken)).resolves.toHaveLength(3);
  await closed;
});

test('close gives back what does not finish in time', async () => {
  const { pool, clock } = open({ drainMs: 5_000 });
  const hung = pool.run(job('hang'), never);
  const waiting = pool.run(job('1'), never);
  const ends = Promise.allSettled([hung, waiting]);
  await until(() => clock.timersCount === 1);
  const closed = pool.close();
  clock.advance(5_000);
  await closed;
  for (const end of await ends)
    expect(end).toMatchObject({ status: 'rejected', reason: { code: 'BH_STOPPING' } });
});
