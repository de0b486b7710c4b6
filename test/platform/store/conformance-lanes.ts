import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ChannelLease, Store, Work } from '../../../core/ports/index.ts';
import type { OpenStore, StoreUnderTest } from './conformance.ts';
import { laneCommands, newLaneModel } from './lane-model.ts';
import { claim, deliver, delivery, leaseAdt, refusal, startMs } from './store-fixtures.ts';

export function laneConformance(name: string, open: OpenStore): void {
  describe(`${name}: lanes`, () => {
    let under: StoreUnderTest;
    let store: Store;
    let lease: ChannelLease;
    const on = (...lanes: string[]) => delivery({ lanes });
    const due = async () =>
      (await store.searchDeliveries({ state: 'due', limit: 100 })).map((d) => d.id).reverse();

    beforeEach(async () => {
      under = await open();
      store = under.store;
      lease = await leaseAdt(store);
    });
    afterEach(() => under.destroy());

    test('only the first of a lane is due; priority does not overtake', async () => {
      const [a, b, c] = await deliver(store, lease, [
        on('P1'),
        delivery({ lanes: ['P1'], priority: 9 }),
        delivery({ lanes: ['P2'] }),
      ]);
      expect(await due()).toEqual([a, c]);
      const leased = await claim(store);
      expect(leased.map((d) => d.id)).toEqual([a, c]);
      expect(await claim(store)).toEqual([]);
      const heard: Work[] = [];
      store.onWork((work) => heard.push(work));
      await store.settleDelivery(leased[0]!, { outcome: { kind: 'delivered' }, atMs: startMs });
      expect(heard).toContainEqual({ kind: 'deliveries', channel: 'adt', destination: 'ehr' });
      expect((await claim(store)).map((d) => d.id)).toEqual([b]);
    });

    test('a retry keeps its place, and those behind it wait', async () => {
      const [a] = await deliver(store, lease, [on('P1'), on('P1')]);
      const [leased] = await claim(store);
      await store.settleDelivery(leased!, {
        outcome: { kind: 'retry', error: refusal },
        atMs: startMs,
        nextDueAtMs: startMs + 9,
      });
      expect(await claim(store)).toEqual([]);
      expect((await claim(store, { nowMs: startMs + 9 })).map((d) => d.id)).toEqual([a]);
    });

    test.each(['dead', 'unknown'] as const)('a delivery that ended %s frees its lane', async (kind) => {
      const [, b] = await deliver(store, lease, [on('P1'), on('P1')]);
      const [leased] = await claim(store);
      await store.settleDelivery(leased!, { outcome: { kind, error: refusal }, atMs: startMs });
      expect(await due()).toEqual([b]);
    });

    test('a merge waits for both patients and holds both', async () => {
      const [a, b, merge, afterA, afterB] = await deliver(store, lease, [
        on('A'),
        on('B'),
        on('A', 'B'),
        on('A'),
        on('B'),
      ]);
      const [first, second] = await claim(store);
      expect([first!.id, second!.id]).toEqual([a, b]);
      await store.settleDelivery(first!, { outcome: { kind: 'delivered' }, atMs: startMs });
      expect(await due()).toEqual([]);
      await store.settleDelivery(second!, { outcome: { kind: 'delivered' }, atMs: startMs });
      expect(await due()).toEqual([merge]);
      const [merged] = await claim(store);
      expect(await due()).toEqual([]);
      await store.settleDelivery(merged!, { outcome: { kind: 'delivered' }, atMs: startMs });
      expect(await due()).toEqual([afterA, afterB]);
    });

    test('cancelling one that waits lets the next one through', async () => {
      const [a, b, c] = await deliver(store, lease, [on('P'), on('P', 'Q'), on('Q')]);
      expect(await due()).toEqual([a]);
      expect(await store.resolveDelivery(b!, 'cancel', startMs)).toBe(true);
      expect(await due()).toEqual([a, c]);
    });

    test('one that is brought back stands last in its lanes', async () => {
      const [a, b] = await deliver(store, lease, [on('P'), on('P')]);
      const [leased] = await claim(store);
      await store.settleDelivery(leased!, { outcome: { kind: 'dead', error: refusal }, atMs: startMs });
      expect(await store.resolveDelivery(a!, 'retry', startMs)).toBe(true);
      expect(await due()).toEqual([b]);
      const [next] = await claim(store);
      await store.settleDelivery(next!, { outcome: { kind: 'delivered' }, atMs: startMs });
      expect(await due()).toEqual([a]);
    });

    test('property: one in flight per lane, first in first out, nothing lost', async () => {
      await fc.assert(
        fc.asyncProperty(fc.commands(laneCommands, { maxCommands: 60, size: 'max' }), async (commands) => {
          const fresh = await open();
          try {
            const setup = async () => ({
              model: newLaneModel(),
              real: { store: fresh.store, lease: await leaseAdt(fresh.store) },
            });
            await fc.asyncModelRun(setup, commands);
          } finally {
            await fresh.destroy();
          }
        }),
        { numRuns: 20 },
      );
    });
  });
}
