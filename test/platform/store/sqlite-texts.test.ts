import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Store, silentLogger } from '../../../core/ports/index.ts';
import { openSqliteStore } from '../../../platform/store/index.ts';
import {
  claim,
  dedupe,
  deliver,
  delivery,
  keys,
  leaseAdt,
  message,
  processed,
  startMs,
} from './store-fixtures.ts';
import { systemClock } from './system-clock.ts';

/** The driver cuts a text at NUL, and writes half a surrogate pair as U+FFFD; both may stand in any field of a sender. */
describe('SQLite: texts that a database cannot keep', () => {
  let folder: string;
  let store: Store;
  const open = () =>
    openSqliteStore({
      folder,
      clock: systemClock,
      logger: silentLogger,
      writer: 'inline',
      diskFreeBytesMin: 0,
    });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bithive-texts-'));
    store = await open();
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each([
    ['P\0one', 'P\0two'],
    ['P\ud800', 'P'],
  ])('%j and %j are two keys', async (one, two) => {
    const first = await store.accept(message(dedupe(one)));
    expect(await store.accept(message(dedupe(one)))).toMatchObject({ outcome: 'duplicate', id: first.id });
    expect((await store.accept(message(dedupe(two)))).outcome).toBe('stored');
  });

  test('search keys behind one are found, also after a restart', async () => {
    const sent = keys(['mrn', 'A\0B'], ['visit', `${'v'.repeat(255)}\u{1f600}`], ['order', 'O1']);
    const { id } = await store.accept(message(sent));
    for (const round of ['open', 'reopened']) {
      if (round === 'reopened') {
        await store.close();
        store = await open();
        // Enough to write what the start read back as a segment.
        await Promise.all(Array.from({ length: 2_100 }, () => store.accept(message())));
      }
      for (const [name, value] of sent.searchKeys) {
        const found = await store.searchMessages({ keys: [{ name, value }], limit: 5 });
        expect(found.map((one) => one.id)).toEqual([id]);
      }
    }
  });

  test('two patients whose ids differ behind a NUL have two states, two timers and two lanes', async () => {
    const lease = await leaseAdt(store);
    const { id } = await store.accept(message());
    const patients = ['P\0one', 'P\0two'];
    await store.commitProcessed(lease, [
      processed(id, {
        deliveries: [delivery({ lanes: patients }), ...patients.map((lane) => delivery({ lanes: [lane] }))],
        states: patients.map((key) => ({ scope: 'adt', key, value: { patient: key } })),
        items: patients.map((key) => ({ scope: 'adt', key, itemKey: key, value: key })),
        timers: patients.map((key) => ({ key, name: 'quiet', dueAtMs: startMs })),
      }),
    ]);
    const states = await store.readStates(patients.map((key) => ({ scope: 'adt', key, withItems: true })));
    expect(states.map(({ value }) => value)).toEqual(patients.map((patient) => ({ patient })));
    expect(states.map(({ items }) => items?.map((item) => item.value))).toEqual(patients.map((key) => [key]));
    expect(await store.fireTimers(lease, 1, startMs, 10)).toBe(2);
    const [both, ...none] = await claim(store);
    expect(none).toEqual([]);
    await store.settleDelivery(both!, { outcome: { kind: 'delivered' }, atMs: startMs });
    expect(await claim(store)).toHaveLength(2);
  });

  test('a replay does not hide those that it replays: their duplicates are still known', async () => {
    const one = await store.accept(message(dedupe('key', 'one')));
    const two = await store.accept(message(dedupe('key', 'two')));
    await store.accept(message({ ...dedupe('key', 'one'), replayOf: one.id }));
    for (const round of ['open', 'reopened']) {
      if (round === 'reopened') {
        await store.close();
        store = await open();
      }
      expect(await store.accept(message(dedupe('key', 'two')))).toMatchObject({
        outcome: 'duplicate',
        id: two.id,
      });
    }
  });

  test('a delivery of one lane twice is in it once', async () => {
    const lease = await leaseAdt(store);
    const [a, b] = await deliver(store, lease, [delivery({ lanes: ['L', 'L'] }), delivery({ lanes: ['L'] })]);
    const [first, ...more] = await claim(store);
    expect([first?.id, more.length]).toEqual([a, 0]);
    await store.settleDelivery(first!, { outcome: { kind: 'delivered' }, atMs: startMs });
    expect((await claim(store)).map((one) => one.id)).toEqual([b]);
  });
});
