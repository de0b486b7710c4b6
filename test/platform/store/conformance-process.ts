import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Store, TimerSet, Work } from '../../../core/ports/index.ts';
import type { OpenStore, StoreUnderTest } from './conformance.ts';
import { delivery, leaseAdt, message, noMessage, processed, startMs, textBytes } from './store-fixtures.ts';

export function processConformance(name: string, open: OpenStore): void {
  describe(`${name}: process`, () => {
    let under: StoreUnderTest;
    let store: Store;
    beforeEach(async () => {
      under = await open();
      store = under.store;
    });
    afterEach(() => under.destroy());

    test('one owner holds a channel; the next one gets a higher epoch and the old one is fenced', async () => {
      const first = await store.leaseChannel('adt', 'a', 30_000);
      expect(first).not.toBeNull();
      expect(await store.leaseChannel('adt', 'b', 30_000)).toBeNull();
      expect(await store.leaseChannel('adt', 'a', 30_000)).toEqual(first);
      await store.releaseChannel(first!);
      const second = await store.leaseChannel('adt', 'b', 30_000);
      expect(second!.epoch).toBeGreaterThan(first!.epoch);
      const { id } = await store.accept(message());
      await expect(store.commitProcessed(first!, [processed(id)])).rejects.toMatchObject({
        code: 'BH_STORE_FENCED',
      });
      await expect(store.fireTimers(first!, 1, startMs, 1)).rejects.toMatchObject({
        code: 'BH_STORE_FENCED',
      });
      await store.commitProcessed(second!, [processed(id)]);
    });

    test('a lease that ran out can be taken', async () => {
      const first = await store.leaseChannel('adt', 'a', -1);
      const second = await store.leaseChannel('adt', 'b', 30_000);
      expect(second!.epoch).toBeGreaterThan(first!.epoch);
    });

    test('a batch writes statuses, deliveries, states, items, timers and reports together', async () => {
      const lease = await leaseAdt(store);
      const a = await store.accept(message());
      const b = await store.accept(message());
      const c = await store.accept(message());
      const heard: Work[] = [];
      store.onWork((work) => heard.push(work));
      const refusal = { code: 'BH_MAP_FAILED', detail: 'PID-7' };
      const { ids } = await store.commitProcessed(lease, [
        processed(a.id, {
          processedAtMs: startMs + 5,
          deliveries: [
            delivery(),
            delivery({ destination: 'ris', facts: { method: 'PUT' }, lanes: ['ris|P1'] }),
          ],
          states: [{ scope: 'adt', key: 'P1', value: { admitted: true } }],
          items: [{ scope: 'adt', key: 'P1', itemKey: 'i1', value: 1 }],
          timers: [{ key: 'P1', name: 'quiet', dueAtMs: startMs + 100, payload: { n: 1 } }],
          report: { residue: ['PID-30'] },
        }),
        processed(b.id, { status: 'filtered' }),
        processed(c.id, { status: 'quarantined', refusal }),
      ]);
      expect(ids.map((list) => list.length)).toEqual([2, 0, 0]);
      expect(await store.nextMessages('adt', 10)).toEqual([]);
      expect(await store.getMessage(a.id)).toMatchObject({ status: 'processed', processedAtMs: startMs + 5 });
      expect(await store.getMessage(b.id)).toMatchObject({ status: 'filtered' });
      expect(await store.getMessage(c.id)).toMatchObject({ status: 'quarantined', refusal });
      expect(await store.getDelivery(ids[0]![1]!)).toMatchObject({
        ...delivery({ destination: 'ris', facts: { method: 'PUT' }, lanes: ['ris|P1'] }),
        messageId: a.id,
        channel: 'adt',
        channelVersion: 1,
        state: 'due',
        attempts: 0,
        createdAtMs: startMs + 5,
      });
      expect(await store.lineage(a.id)).toEqual({
        parents: [],
        children: [],
        deliveries: ids[0],
        report: { residue: ['PID-30'] },
      });
      expect(await store.nextTimerMs('adt')).toBe(startMs + 100);
      expect(heard).toContainEqual({ kind: 'deliveries', channel: 'adt', destination: 'ris' });
      expect(heard).toContainEqual({ kind: 'processed', ids: [a.id, b.id, c.id] });
    });

    test('a batch with one message that does not wait changes nothing', async () => {
      const lease = await leaseAdt(store);
      const { id } = await store.accept(message());
      const states = [{ scope: 's', key: 'k', value: 1 }];
      const batch = [processed(id, { states, deliveries: [delivery()] }), processed(noMessage)];
      await expect(store.commitProcessed(lease, batch)).rejects.toMatchObject({ code: 'BH_STORE_FENCED' });
      expect(await store.nextMessages('adt', 10)).toHaveLength(1);
      expect(await store.readStates([{ scope: 's', key: 'k', withItems: false }])).toEqual([]);
      expect(await store.searchDeliveries({ limit: 10 })).toEqual([]);
      await store.commitProcessed(lease, [processed(id)]);
      await expect(store.commitProcessed(lease, [processed(id)])).rejects.toMatchObject({
        code: 'BH_STORE_FENCED',
      });
    });

    test('a fenced batch fails alone: what shares its transaction stands', async () => {
      const lease = await leaseAdt(store);
      const [fenced, kept] = await Promise.allSettled([
        store.commitProcessed({ ...lease, epoch: lease.epoch - 1 }, []),
        store.accept(message()),
      ]);
      expect(fenced.status).toBe('rejected');
      expect(kept.status).toBe('fulfilled');
      expect(await store.nextMessages('adt', 10)).toHaveLength(1);
    });

    test('states are replaced and removed with their items; items are written once per key', async () => {
      const lease = await leaseAdt(store);
      const write = async (change: Parameters<typeof processed>[1]) => {
        const { id } = await store.accept(message());
        await store.commitProcessed(lease, [processed(id, change)]);
      };
      const at = { scope: 'study', key: '1.2.3' };
      const read = () =>
        store.readStates([
          { ...at, withItems: true },
          { scope: 'study', key: 'none', withItems: true },
        ]);
      await write({
        states: [{ ...at, value: { open: true } }],
        items: [
          { ...at, itemKey: 'b', value: 1 },
          { ...at, itemKey: 'a', value: { rows: 2 } },
        ],
      });
      await write({ states: [{ ...at, value: 'closed' }], items: [{ ...at, itemKey: 'b', value: 3 }] });
      const items = [
        { itemKey: 'a', value: { rows: 2 } },
        { itemKey: 'b', value: 3 },
      ];
      expect(await read()).toEqual([{ ...at, value: 'closed', items }]);
      expect(await store.readStates([{ ...at, withItems: false }])).toEqual([{ ...at, value: 'closed' }]);
      await write({ states: [{ ...at, value: null }] });
      expect(await read()).toEqual([]);
      await write({ states: [{ ...at, value: 'new' }] });
      expect(await read()).toEqual([{ ...at, value: 'new', items: [] }]);
    });

    test('a timer is moved by setting it again, cancelled by null, and fires as a message once', async () => {
      const lease = await leaseAdt(store);
      const set = async (...timers: readonly TimerSet[]) => {
        const { id } = await store.accept(message());
        await store.commitProcessed(lease, [processed(id, { timers })]);
      };
      await set({ key: 'k', name: 'quiet', dueAtMs: startMs + 10, payload: { round: 1 } });
      await set({ key: 'k', name: 'quiet', dueAtMs: startMs + 50, payload: { round: 2 } });
      await set({ key: 'k', name: 'gone', dueAtMs: startMs + 1 });
      await set({ key: 'k', name: 'gone', dueAtMs: null });
      expect(await store.nextTimerMs('adt')).toBe(startMs + 50);
      expect(await store.nextTimerMs('other')).toBeNull();
      expect(await store.fireTimers(lease, 3, startMs + 49, 10)).toBe(0);
      expect(await store.fireTimers(lease, 3, startMs + 50, 10)).toBe(1);
      expect(await store.fireTimers(lease, 3, startMs + 60, 10)).toBe(0);
      expect(await store.nextTimerMs('adt')).toBeNull();
      expect(await store.nextMessages('adt', 10)).toMatchObject([
        {
          kind: 'timer',
          type: 'quiet',
          keys: ['k'],
          channelVersion: 3,
          body: { kind: 'inline', bytes: textBytes('{"round":2}') },
        },
      ]);
    });
  });
}
