import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { NewDelivery } from '../../../core/delivery.ts';
import type { ChannelLease, DeliveryClaim, Store, Work } from '../../../core/ports/index.ts';
import type { OpenStore, StoreUnderTest } from './conformance.ts';
import { claim, delivery, leaseAdt, message, processed, startMs } from './store-fixtures.ts';

const ehr: DeliveryClaim = { destination: 'ehr', owner: 'sender', nowMs: startMs, leaseMs: 10_000, limit: 8 };

/**
 * Claims at the commit: whatever a store gives there, nothing is given twice, nothing is passed over, and a lease from there is as good as
 * one that was asked for.
 */
export function claimsConformance(name: string, open: OpenStore): void {
  describe(`${name}: claims at the commit`, () => {
    let under: StoreUnderTest;
    let store: Store;
    let lease: ChannelLease;
    beforeEach(async () => {
      under = await open();
      store = under.store;
      lease = await leaseAdt(store);
    });
    afterEach(() => under.destroy());

    const commit = async (deliveries: readonly NewDelivery[], claims: readonly DeliveryClaim[] = [ehr]) => {
      const { id } = await store.accept(message());
      const { ids, leased } = await store.commitProcessed(lease, [processed(id, { deliveries })], claims);
      return { ids: ids[0]!, leased };
    };

    test('what is due goes to the claim or to the next one, once; what waits goes to neither', async () => {
      const { ids, leased } = await commit([
        delivery({ lanes: ['A'] }),
        delivery({ lanes: ['A'] }),
        delivery(),
        delivery({ dueAtMs: startMs + 1 }),
        delivery({ destination: 'other' }),
      ]);
      const later = (await claim(store)).map(({ id }) => id);
      const atCommit = leased.map(({ id }) => id);
      expect([...atCommit, ...later].sort()).toEqual([ids[0], ids[2]].sort());
      expect((await store.getDelivery(ids[1]!))?.state).toBe('queued');
      expect((await store.getDelivery(ids[4]!))?.state).toBe('due');
    });

    test('a lease from the commit is renewed, settled and taken back like any other', async () => {
      const { ids, leased } = await commit([delivery({ lanes: ['A'] }), delivery({ lanes: ['A'] })]);
      const [first] = leased.length > 0 ? leased : await claim(store);
      expect(await store.getDelivery(first!.id)).toMatchObject({ state: 'leased', attempts: 1 });
      expect(await store.renewDeliveries([first!], startMs + 20_000)).toEqual([first!.id]);
      const [again] = await claim(store, { nowMs: startMs + 20_000, owner: 'second' });
      expect(again).toMatchObject({ id: ids[0], attempts: 2 });
      await expect(
        store.settleDelivery(first!, { outcome: { kind: 'delivered' }, atMs: startMs }),
      ).rejects.toMatchObject({ code: 'BH_STORE_FENCED' });
      await store.settleDelivery(again!, { outcome: { kind: 'delivered' }, atMs: startMs });
      expect((await store.getDelivery(ids[1]!))?.state).toBe('due');
    });

    test('more than the claim takes, of several priorities: the urgent are not passed over', async () => {
      const { ids, leased } = await commit(
        [delivery(), delivery({ priority: 9 }), delivery()],
        [{ ...ehr, limit: 1 }],
      );
      const [first] = leased.length > 0 ? leased : await claim(store, { limit: 1 });
      expect(first?.id).toBe(ids[1]);
    });

    test('deliveries that the claim left are told as work', async () => {
      const heard: Work[] = [];
      store.onWork((work) => heard.push(work));
      await commit([delivery(), delivery(), delivery()], [{ ...ehr, limit: 1 }]);
      expect(heard).toContainEqual({ kind: 'deliveries', channel: 'adt', destination: 'ehr' });
    });
  });
}
