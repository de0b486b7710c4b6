import { afterEach, expect, test } from '@jest/globals';
import { BitHiveError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import type { Clock, Store } from '../../../core/ports/index.ts';
import { systemClock } from '../../../platform/clock.ts';
import { until } from '../../until.ts';
import { withFaults } from '../../with-faults.ts';
import {
  controlIdOf,
  hl7Arrival,
  ScriptedReceiver,
  startTestEngine,
  type TestEngine,
} from './test-channel.ts';

const channel = `
channel: adt
source: { hl7v2: {} }
ack: stored
key: "PID-3.1"
steps: []
to:
  - test: { name: ehr, target: "test:ehr", takes: "*", retry: { firstMs: 50, maxMs: 500 } }
  - test: { name: ris, target: "test:ris", takes: "*", retry: { firstMs: 50, maxMs: 500 } }
`;
const messageCount = 300;
const laneCount = 12;

/** Leases run out, and pauses are over, within the test. */
const speed = 20;
const fast: Clock = {
  nowMs: () => Math.round(1_795_000_000_000 + systemClock.monotonicMs() * speed),
  monotonicMs: () => systemClock.monotonicMs() * speed,
  after: (delayMs, call) => systemClock.after(Math.max(1, delayMs / speed), call),
};

/** Draws of a linear congruential generator, the same in each run. */
function drawsFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
const draw = drawsFrom(7);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Fails before or after the store has done it, or not at all. */
async function perhaps<T>(act: () => Promise<T>): Promise<T> {
  const drawn = draw();
  if (drawn < 0.03) throw new BitHiveError('BH_STORE_IO', 'before it was done');
  const result = await act();
  if (drawn > 0.97) throw new BitHiveError('BH_STORE_IO', 'after it was done');
  return result;
}

const faulty = (store: Store): Store =>
  withFaults(store, {
    commitProcessed: (lease, results, claims) => perhaps(() => store.commitProcessed(lease, results, claims)),
    settleDelivery: (lease, settlement) => perhaps(() => store.settleDelivery(lease, settlement)),
    // As by a process that was suspended: the leases of what is in flight have run out.
    leaseDeliveries: (request) =>
      store.leaseDeliveries(
        draw() < 0.05 ? { ...request, nowMs: request.nowMs + 2 * limits.leaseMs } : request,
      ),
  });

/** Answers late and fails at times; remembers what it took. */
function unreliable() {
  const receiver = new ScriptedReceiver();
  const taken: string[] = [];
  receiver.answer = async (text) => {
    if (draw() < 0.5) await pause(draw() * 5);
    if (draw() < 0.05)
      return { kind: 'retry', error: { code: 'BH_DELIVERY_UNREACHABLE', detail: 'at random' } };
    taken.push(controlIdOf(text));
    return { kind: 'delivered' };
  };
  return { receiver, taken };
}

let engine: TestEngine | undefined;
afterEach(async () => {
  await engine?.stop();
  await engine?.destroy();
});

test('whatever fails, each receiver takes each message once, in the order of its key', async () => {
  const ehr = unreliable();
  const ris = unreliable();
  const receivers = new Map([
    ['test:ehr', ehr.receiver],
    ['test:ris', ris.receiver],
  ]);
  engine = await startTestEngine([channel], { clock: fast, wrap: faulty, receivers });
  const lanes = Array.from({ length: laneCount }, (): string[] => []);
  for (let count = 0; count < messageCount; count += 1) {
    const lane = Math.floor(draw() * laneCount);
    lanes[lane]?.push(`C${count}`);
    await engine.doors.get('adt')?.accept(hl7Arrival(`C${count}`, `P${lane}`));
    if (draw() < 0.1) await pause(draw() * 50);
  }
  const { store } = engine;
  await until(async () => {
    const { channels, destinations } = await store.depths(0);
    return channels.length === 0 && destinations.every(({ open }) => open === 0);
  });
  for (const { taken } of [ehr, ris]) {
    for (const lane of lanes) expect(taken.filter((id) => lane.includes(id))).toEqual(lane);
    expect(taken).toHaveLength(messageCount);
  }
});
