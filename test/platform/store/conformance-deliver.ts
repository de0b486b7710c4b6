import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ChannelLease, Store, Work } from '../../../core/ports/index.ts';
import type { OpenStore, StoreUnderTest } from './conformance.ts';
import {
  claim,
  deliver,
  delivery,
  keys,
  leaseAdt,
  message,
  processed,
  refusal,
  startMs,
} from './store-fixtures.ts';

export function deliverConformance(name: string, open: OpenStore): void {
  describe(`${name}: deliver`, () => {
    let under: StoreUnderTest;
    let store: Store;
    let lease: ChannelLease;
    beforeEach(async () => {
      under = await open();
      store = under.store;
      lease = await leaseAdt(store);
    });
    afterEach(() => under.destroy());

    test('a claim counts the attempt, carries the body, and is not given twice', async () => {
      const [id] = await deliver(store, lease, [delivery({ facts: { method: 'POST' } })]);
      const [leased, ...more] = await claim(store);
      expect(more).toEqual([]);
      expect(leased).toMatchObject({
        ...delivery({ facts: { method: 'POST' } }),
        id,
        state: 'leased',
        attempts: 1,
        leaseOwner: 'sender',
        leaseUntilMs: startMs + 10_000,
      });
      expect(await claim(store)).toEqual([]);
      expect(await (await under.reopen()).getDelivery(id!)).toMatchObject({ state: 'leased', attempts: 1 });
    });

    test('by priority, then due time, then number; what is not due yet waits', async () => {
      const ids = await deliver(store, lease, [
        delivery({ priority: 0, dueAtMs: startMs - 5 }),
        delivery({ priority: 5, dueAtMs: startMs }),
        delivery({ priority: 9, dueAtMs: startMs + 1 }),
        delivery({ priority: 5, dueAtMs: startMs - 1 }),
        delivery({ priority: 5, dueAtMs: startMs }),
      ]);
      expect(await store.nextDeliveryMs('adt', 'ehr')).toBe(startMs - 5);
      expect((await claim(store, { limit: 3 })).map((d) => d.id)).toEqual([ids[3], ids[1], ids[4]]);
      expect((await claim(store)).map((d) => d.id)).toEqual([ids[0]]);
      expect(await store.nextDeliveryMs('adt', 'ehr')).toBe(startMs + 1);
      expect((await claim(store, { nowMs: startMs + 1 })).map((d) => d.id)).toEqual([ids[2]]);
      expect(await store.nextDeliveryMs('adt', 'ehr')).toBe(startMs + 10_000);
    });

    test('destinations do not mix', async () => {
      await deliver(store, lease, [delivery({ destination: 'ris' })]);
      expect(await claim(store)).toEqual([]);
      expect(await store.nextDeliveryMs('adt', 'ehr')).toBeNull();
      expect(await claim(store, { destination: 'ris' })).toHaveLength(1);
    });

    test('delivered ends it and is told', async () => {
      const [id] = await deliver(store, lease, [delivery()]);
      const [leased] = await claim(store);
      const heard: Work[] = [];
      store.onWork((work) => heard.push(work));
      await store.settleDelivery(leased!, { outcome: { kind: 'delivered' }, atMs: startMs + 7 });
      expect(await store.getDelivery(id!)).toMatchObject({ state: 'delivered', settledAtMs: startMs + 7 });
      expect(await store.attempts(id!)).toEqual([{ attempt: 1, atMs: startMs + 7, outcome: 'delivered' }]);
      expect(await store.nextDeliveryMs('adt', 'ehr')).toBeNull();
      expect(heard).toContainEqual({
        kind: 'settled',
        messageId: leased!.messageId,
        id,
        outcome: 'delivered',
      });
    });

    test('retry waits for its time, counts, and keeps why', async () => {
      const [id] = await deliver(store, lease, [delivery()]);
      const [first] = await claim(store);
      await store.settleDelivery(first!, {
        outcome: { kind: 'retry', error: refusal },
        atMs: startMs + 1,
        nextDueAtMs: startMs + 500,
      });
      expect(await store.getDelivery(id!)).toMatchObject({
        state: 'due',
        dueAtMs: startMs + 500,
        lastError: refusal,
      });
      expect(await claim(store, { nowMs: startMs + 499 })).toEqual([]);
      const [second] = await claim(store, { nowMs: startMs + 500 });
      expect(second).toMatchObject({ attempts: 2 });
      expect(second!.leaseEpoch).toBeGreaterThan(first!.leaseEpoch);
      await store.settleDelivery(second!, { outcome: { kind: 'delivered' }, atMs: startMs + 600 });
      expect(await store.attempts(id!)).toEqual([
        { attempt: 1, atMs: startMs + 1, outcome: 'retry', error: refusal },
        { attempt: 2, atMs: startMs + 600, outcome: 'delivered' },
      ]);
    });

    test('a lease that ran out is taken first, under a higher epoch; the late result is fenced', async () => {
      const [id] = await deliver(store, lease, [delivery()]);
      const [lost] = await claim(store);
      const [urgent] = await deliver(store, lease, [delivery({ priority: 9 })]);
      const again = await claim(store, { nowMs: startMs + 10_000, owner: 'second' });
      expect(again.map((d) => d.id)).toEqual([id, urgent]);
      expect(again[0]).toMatchObject({ attempts: 2, leaseOwner: 'second' });
      const settle = { outcome: { kind: 'delivered' as const }, atMs: startMs + 10_001 };
      await expect(store.settleDelivery(lost!, settle)).rejects.toMatchObject({ code: 'BH_STORE_FENCED' });
      expect(await store.renewDeliveries([lost!], startMs + 99_000)).toEqual([]);
      await store.settleDelivery(again[0]!, settle);
      await expect(store.settleDelivery(again[0]!, settle)).rejects.toMatchObject({
        code: 'BH_STORE_FENCED',
      });
      expect(await store.attempts(id!)).toMatchObject([
        { attempt: 1, outcome: 'unknown' },
        { attempt: 2, outcome: 'delivered' },
      ]);
    });

    test('a renewed lease does not run out', async () => {
      await deliver(store, lease, [delivery()]);
      const [leased] = await claim(store);
      expect(await store.renewDeliveries([leased!], startMs + 60_000)).toEqual([leased!.id]);
      expect(await claim(store, { nowMs: startMs + 20_000 })).toEqual([]);
      expect(await store.nextDeliveryMs('adt', 'ehr')).toBe(startMs + 60_000);
    });

    test('the answer is accepted with the settlement, under the parent and its search keys', async () => {
      const { id } = await store.accept(message(keys(['mrn', 'P1'], ['accession', 'A1'])));
      await store.commitProcessed(lease, [processed(id, { deliveries: [delivery()] })]);
      const [leased] = await claim(store);
      const answer = message({
        channel: 'adt',
        kind: 'finding',
        type: 'finding',
        ...keys(['accession', 'A1'], ['visit', 'V1']),
      });
      const heard: Work[] = [];
      store.onWork((work) => heard.push(work));
      const { answerId } = await store.settleDelivery(leased!, {
        outcome: { kind: 'delivered' },
        atMs: startMs,
        answer,
      });
      expect(await store.getMessage(answerId!)).toMatchObject({
        kind: 'finding',
        parent: id,
        searchKeys: [
          ['accession', 'A1'],
          ['visit', 'V1'],
          ['mrn', 'P1'],
        ],
      });
      expect(await store.lineage(id)).toMatchObject({ children: [answerId], deliveries: [leased!.id] });
      expect((await store.lineage(answerId!)).parents).toEqual([id]);
      expect(heard).toContainEqual({ kind: 'messages', channel: 'adt' });
      const found = await store.searchMessages({ keys: [{ name: 'mrn', value: 'P1' }], limit: 5 });
      expect(found.map((m) => m.id)).toEqual([answerId, id]);
    });

    test('a fenced settlement accepts no answer', async () => {
      await deliver(store, lease, [delivery()]);
      const [leased] = await claim(store);
      const stale = { ...leased!, leaseEpoch: leased!.leaseEpoch - 1 };
      const settle = store.settleDelivery(stale, {
        outcome: { kind: 'delivered' },
        atMs: startMs,
        answer: message({ kind: 'answer' }),
      });
      await expect(settle).rejects.toMatchObject({ code: 'BH_STORE_FENCED' });
      expect(await store.searchMessages({ kind: 'answer', limit: 5 })).toEqual([]);
    });

    test('what is brought back is tried for as long as it was the first time, however often', async () => {
      const [id] = await deliver(store, lease, [delivery()]);
      for (const nowMs of [startMs + 7_200_000, startMs + 90_000_000]) {
        const [leased] = await claim(store, { nowMs });
        await store.settleDelivery(leased!, { outcome: { kind: 'dead', error: refusal }, atMs: nowMs });
        expect(await store.resolveDelivery(id!, 'retry', nowMs)).toBe(true);
        expect((await store.getDelivery(id!))?.expiresAtMs).toBe(nowMs + 3_600_000);
      }
    });

    test('an operator’s words: retry and delivered on what failed, cancel and retry on what is open', async () => {
      const [dead, unknown, open_, waiting] = await deliver(store, lease, [
        delivery(),
        delivery(),
        delivery(),
        delivery(),
      ]);
      const leased = await claim(store, { limit: 2 });
      await store.settleDelivery(leased[0]!, { outcome: { kind: 'dead', error: refusal }, atMs: startMs });
      await store.settleDelivery(leased[1]!, { outcome: { kind: 'unknown', error: refusal }, atMs: startMs });
      expect(await store.resolveDelivery(dead!, 'retry', startMs + 50)).toBe(true);
      expect(await store.getDelivery(dead!)).toMatchObject({
        state: 'due',
        dueAtMs: startMs + 50,
        attempts: 1,
      });
      expect((await store.getDelivery(dead!))?.settledAtMs).toBeUndefined();
      expect(await store.resolveDelivery(unknown!, 'delivered', startMs + 60)).toBe(true);
      expect(await store.getDelivery(unknown!)).toMatchObject({
        state: 'delivered',
        settledAtMs: startMs + 60,
      });
      expect(await store.resolveDelivery(unknown!, 'retry', startMs)).toBe(false);
      expect(await store.resolveDelivery(open_!, 'cancel', startMs)).toBe(true);
      expect(await store.getDelivery(open_!)).toMatchObject({ state: 'cancelled' });
      expect(await store.resolveDelivery(waiting!, 'delivered', startMs)).toBe(false);
      expect(await store.resolveDelivery(waiting!, 'retry', startMs - 1)).toBe(true);
      expect((await claim(store, { nowMs: startMs + 50 })).map((d) => d.id)).toEqual([waiting, dead]);
    });
  });
}
