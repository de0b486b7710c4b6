import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Store } from '../../../core/ports/index.ts';
import { fewMessages, paceMs, restMs } from '../../../pipelines/runtime/pace.ts';
import { ManualClock } from '../../manual-clock.ts';
import { until } from '../../until.ts';
import { withFaults } from '../../with-faults.ts';
import { hl7Arrival, startTestEngine, type TestDoor, type TestEngine } from './test-channel.ts';

const channel = (ack: string): string => `
channel: adt
source: { hl7v2: {} }
ack: ${ack}
key: "PID-3.1"
to:
  - test: { name: ehr, target: "test:ehr", takes: "*", retry: { firstMs: 1, maxMs: 5 } }
`;

/** Stands unless a test moves it: what happens meanwhile has waited for no time. */
let clock: ManualClock;
/** Messages of each commit of the processor. */
let turns: number[];
let engine: TestEngine;
beforeEach(() => {
  clock = new ManualClock();
  turns = [];
});
afterEach(async () => {
  await engine.stop();
  await engine.destroy();
});

const counted = (store: Store): Store =>
  withFaults(store, {
    commitProcessed: async (lease, results, claims) => {
      const receipt = await store.commitProcessed(lease, results, claims);
      turns.push(results.length);
      return receipt;
    },
  });

async function start(ack: string, folder?: string) {
  engine = await startTestEngine([channel(ack)], { clock, wrap: counted, ...(folder ? { folder } : {}) });
  const door = engine.doors.get('adt') as TestDoor;
  let count = 0;
  return (patient = `P${count}`) => {
    count += 1;
    return door.accept(hl7Arrival(`C${count}`, patient));
  };
}

/** The turn is over, and the rest after it has begun. */
async function turned(count: number): Promise<void> {
  await until(() => turns.length === count);
  await new Promise((resolve) => setImmediate(resolve));
}

const openCount = async () => {
  const { channels, destinations } = await engine.store.depths(clock.nowMs());
  return (
    channels.reduce((sum, { received }) => sum + received, 0) +
    destinations.reduce((sum, { open }) => sum + open, 0)
  );
};

describe('a channel that answers when the message is stored', () => {
  test('processes at once what comes after a rest, and together what comes within one', async () => {
    const send = await start('stored');
    await send();
    await turned(1);
    for (let at = 0; at < 5; at += 1) await send();
    clock.advance(paceMs);
    await until(async () => (await openCount()) === 0);
    expect(turns).toEqual([1, 5]);

    clock.advance(paceMs);
    await send();
    await until(async () => (await openCount()) === 0);
    expect(turns).toEqual([1, 5, 1]);
  });

  test('commits once in each pace, however the messages of a stream are spread over it', async () => {
    const send = await start('stored');
    for (let ms = 0; ms <= 3 * paceMs; ms += 1) {
      if (ms > 0) clock.advance(1);
      await send();
      if (ms % paceMs === 0) await turned(1 + ms / paceMs);
    }
    expect(turns).toHaveLength(4);
  });

  test('does not rest after a commit that many shared', async () => {
    const send = await start('stored');
    await Promise.all(Array.from({ length: fewMessages }, () => send()));
    await turned(1);
    await send();
    await turned(2);
    expect(turns).toEqual([fewMessages, 1]);
  });

  test('stops in its rest, and leaves what came within it to the next start', async () => {
    const send = await start('stored');
    await send();
    await turned(1);
    const { id } = await send();
    const { folder } = engine;
    await engine.stop();
    expect(turns).toEqual([1]);
    await start('stored', folder);
    await until(async () => (await engine.store.getMessage(id))?.status === 'processed');
    await until(async () => (await openCount()) === 0);
  });
});

test.each(['mapped', 'delivered', 'from ehr'])(
  'a sender that waits until %s waits for no rest',
  async (ack) => {
    const send = await start(ack);
    for (let at = 0; at < 5; at += 1) await send('P1');
    expect(turns).toEqual([1, 1, 1, 1, 1]);
  },
);

test('a rest follows a turn that had little to do', () => {
  const counts = [0, 1, fewMessages - 1, fewMessages];
  expect(counts.map((count) => restMs(count, { moment: 'none' }))).toEqual([0, paceMs, paceMs, 0]);
  expect(counts.map((count) => restMs(count, { moment: 'mapped' }))).toEqual([0, 0, 0, 0]);
});
