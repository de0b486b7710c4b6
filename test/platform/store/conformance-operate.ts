import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type BlobHash, messageId } from '../../../core/ids.ts';
import type { Body } from '../../../core/message.ts';
import type { AuditEvent, Store } from '../../../core/ports/index.ts';
import { canonicalJson } from '../../../platform/store/index.ts';
import type { OpenStore, StoreUnderTest } from './conformance.ts';
import {
  claim,
  dedupe,
  deliver,
  delivery,
  keys,
  leaseAdt,
  message,
  processed,
  refusal,
  startMs,
  textBytes,
} from './store-fixtures.ts';

const hourMs = 3_600_000;

export function operateConformance(name: string, open: OpenStore): void {
  describe(`${name}: operate`, () => {
    let under: StoreUnderTest;
    let store: Store;
    beforeEach(async () => {
      under = await open();
      store = under.store;
    });
    afterEach(() => under.destroy());

    test('depths count what waits and what failed', async () => {
      const lease = await leaseAdt(store);
      await deliver(store, lease, [
        delivery(),
        delivery(),
        delivery(),
        delivery({ lanes: ['l'] }),
        delivery({ lanes: ['l'] }),
      ]);
      const leased = await claim(store, { limit: 3 });
      await store.settleDelivery(leased[0]!, { outcome: { kind: 'dead', error: refusal }, atMs: startMs });
      await store.settleDelivery(leased[1]!, { outcome: { kind: 'unknown', error: refusal }, atMs: startMs });
      await store.accept(message({ channel: 'waits', receivedAtMs: startMs + 1 }));
      await store.accept(message({ channel: 'waits', receivedAtMs: startMs + 2 }));
      expect(await store.depths(startMs)).toEqual({
        channels: [{ channel: 'waits', received: 2, oldestReceivedAtMs: startMs + 1 }],
        destinations: [
          { channel: 'adt', destination: 'ehr', open: 3, dead: 1, unknown: 1, oldestCreatedAtMs: startMs },
        ],
      });
    });

    test('deliveries are searched by channel, destination, state and message', async () => {
      const lease = await leaseAdt(store);
      const [a, b] = await deliver(store, lease, [delivery(), delivery({ destination: 'ris' })]);
      const [c] = await deliver(store, lease, [delivery()]);
      await claim(store, { limit: 1 });
      const ids = async (query: Parameters<Store['searchDeliveries']>[0]) =>
        (await store.searchDeliveries(query)).map((d) => d.id);
      expect(await ids({ limit: 10 })).toEqual([c, b, a]);
      expect(await ids({ limit: 10, destination: 'ris' })).toEqual([b]);
      expect(await ids({ limit: 10, state: 'leased' })).toEqual([a]);
      expect(await ids({ limit: 1, before: c! })).toEqual([b]);
      expect(await ids({ limit: 10, channel: 'none' })).toEqual([]);
      expect(await ids({ limit: 10, messageId: (await store.getDelivery(c!))!.messageId })).toEqual([c]);
    });

    test('lists are the searches without bodies, with their sizes', async () => {
      const lease = await leaseAdt(store);
      const hash = 'ab'.repeat(32) as BlobHash;
      const bodies: readonly Body[] = [
        { kind: 'inline', bytes: textBytes('x'.repeat(200_000)) },
        { kind: 'inline', bytes: new Uint8Array(0) },
        { kind: 'blob', hash, bytesCount: 12_345_678 },
      ];
      const sizes = [{ bytesCount: 200_000 }, { bytesCount: 0 }, { bytesCount: 12_345_678, hash }];
      for (const [at, body] of bodies.entries()) {
        const { id } = await store.accept(
          message({
            body,
            ...keys(['mrn', `P${at}`], ['visit', 'V1']),
            facts: { at },
            keys: ['P'],
            ...dedupe(`${at}`),
          }),
        );
        const refused = at === 1 ? { status: 'quarantined' as const, refusal } : {};
        await store.commitProcessed(lease, [
          processed(id, { ...refused, deliveries: [delivery({ body, facts: { at }, lanes: ['l'] })] }),
        ]);
      }
      const withoutBody = <T extends { readonly body: Body }>({ body: _body, ...rest }: T) => rest;
      for (const query of [
        { limit: 10 },
        { limit: 1, before: messageId(3) },
        { limit: 10, keys: [{ name: 'mrn' as const, value: 'P2' }] },
        { limit: 10, status: 'quarantined' as const },
        { limit: 10, channel: 'none' },
      ]) {
        const listed = await store.listMessages(query);
        const found = await store.searchMessages(query);
        expect(listed.map(({ bodySize: _size, ...rest }) => rest)).toEqual(found.map(withoutBody));
        expect(await store.listFacts(query)).toEqual(
          found.map(({ id, status, facts, body }) => ({
            id,
            status,
            ...(facts === undefined ? {} : { facts }),
            ...(body.kind === 'blob' ? { blob: { hash: body.hash, bytesCount: body.bytesCount } } : {}),
          })),
        );
      }
      expect((await store.listMessages({ limit: 10 })).map((one) => one.bodySize)).toEqual(
        sizes.toReversed(),
      );
      for (const query of [
        { limit: 10 },
        { limit: 2, state: 'queued' as const },
        { limit: 1, messageId: messageId(2) },
      ]) {
        const listed = await store.listDeliveries(query);
        const found = await store.searchDeliveries(query);
        expect(listed.map(({ bodySize: _size, ...rest }) => rest)).toEqual(found.map(withoutBody));
      }
      expect((await store.listDeliveries({ limit: 10 })).map((one) => one.bodySize)).toEqual(
        sizes.toReversed(),
      );
    });

    test('prune removes what is old and ended, and keeps open work with its lineage', async () => {
      const lease = await leaseAdt(store);
      const old = await store.accept(message());
      const open_ = await store.accept(message());
      const waiting = await store.accept(message());
      const parent = await store.accept(message());
      await store.commitProcessed(lease, [
        processed(old.id, { deliveries: [delivery()] }),
        processed(parent.id, { deliveries: [delivery()] }),
        processed(open_.id, { deliveries: [delivery({ destination: 'ris' })] }),
      ]);
      const [first, second] = await claim(store);
      await store.settleDelivery(first!, { outcome: { kind: 'delivered' }, atMs: startMs });
      const { answerId } = await store.settleDelivery(second!, {
        outcome: { kind: 'delivered' },
        atMs: startMs,
        answer: message({ kind: 'answer' }),
      });
      const young = await store.accept(message({ receivedAtMs: startMs + hourMs }));
      const request = { beforeMs: startMs + 1, limit: 100 };
      expect(await store.prune({ ...request, channel: 'none' })).toBe(0);
      expect(await store.prune(request)).toBe(1);
      const left = async () => (await store.searchMessages({ limit: 100 })).map((m) => m.id);
      expect(await left()).toEqual([young.id, answerId, parent.id, waiting.id, open_.id]);
      expect(await store.getDelivery(first!.id)).toBeNull();

      await store.commitProcessed(lease, [processed(answerId!), processed(waiting.id)]);
      expect(await store.prune(request)).toBe(3);
      expect(await left()).toEqual([young.id, open_.id]);
      expect(await store.getDelivery(second!.id)).toBeNull();
    });

    test('a published fact goes with the message that last wrote it; what a channel keeps for itself stays', async () => {
      const lease = await leaseAdt(store);
      const order = (key: string) => ({ scope: 'order', key });
      const own = { scope: 'adt', key: '1.2.3' };
      const below = { scope: 'adt/seen', key: '1.2.3.4' };
      const publish = async (receivedAtMs: number, keys: readonly string[], change: object = {}) => {
        const { id } = await store.accept(message({ receivedAtMs }));
        const states = keys.map((key) => ({ ...order(key), value: { messageId: id } }));
        const items = keys.map((key) => ({ ...order(key), itemKey: 'procedure', value: 1 }));
        await store.commitProcessed(lease, [processed(id, { states, items, ...change })]);
        return id;
      };
      await publish(startMs, ['gone', 'written again', 'ended']);
      await publish(startMs, [], {
        states: [
          { ...own, value: { status: 'open' } },
          { ...below, value: '1.2.3' },
        ],
        items: [{ ...own, itemKey: '1.2.3.4', value: 1 }],
      });
      await publish(startMs, ['open work'], { deliveries: [delivery()] });
      const young = await publish(startMs + hourMs, ['written again']);
      await publish(startMs + hourMs, [], { states: [{ ...order('ended'), value: null }] });
      expect(await store.prune({ beforeMs: startMs + 1, limit: 100 })).toBe(2);

      const left = await store.readStates(
        [order('gone'), order('written again'), order('ended'), order('open work'), own, below].map((at) => ({
          ...at,
          withItems: true,
        })),
      );
      expect(left).toEqual([
        {
          ...order('written again'),
          value: { messageId: young },
          items: [{ itemKey: 'procedure', value: 1 }],
        },
        {
          ...order('open work'),
          value: { messageId: expect.any(Number) },
          items: [{ itemKey: 'procedure', value: 1 }],
        },
        { ...own, value: { status: 'open' }, items: [{ itemKey: '1.2.3.4', value: 1 }] },
        { ...below, value: '1.2.3', items: [] },
      ]);
      // Its items went with it, and do not come back under a new one.
      await publish(startMs + hourMs, [], { states: [{ ...order('gone'), value: 'new' }] });
      expect(await store.readStates([{ ...order('gone'), withItems: true }])).toEqual([
        { ...order('gone'), value: 'new', items: [] },
      ]);
    });

    test('a number is never given again after prune and restart', async () => {
      const lease = await leaseAdt(store);
      const { id } = await store.accept(message());
      await store.commitProcessed(lease, [processed(id)]);
      expect(await store.prune({ beforeMs: startMs + 1, limit: 10 })).toBe(1);
      store = await under.reopen();
      expect((await store.accept(message())).id).toBeGreaterThan(id);
    });

    test('a new text is a new version; the same text is not', async () => {
      expect(await store.deployChannel('adt', 'one', startMs)).toBe(1);
      expect(await store.deployChannel('adt', 'one', startMs)).toBe(1);
      expect(await store.deployChannel('adt', 'two', startMs)).toBe(2);
      expect(await store.deployChannel('adt', 'one', startMs)).toBe(3);
      expect(await store.deployChannel('other', 'x', startMs)).toBe(1);
      expect(await store.channelText('adt', 2)).toBe('two');
      expect(await store.channelText('adt', 9)).toBeNull();
    });

    test('audit events form a hash chain over their canonical text', async () => {
      const event = (operation: string): AuditEvent => ({
        action: 'read',
        operation,
        agent: 'operator',
        outcome: 'success',
        atMs: startMs,
        entities: { mrn: '4711', a: [1, null] },
      });
      const seqs: number[] = await Promise.all([
        store.appendAudit(event('a')),
        store.appendAudit(event('b')),
      ]);
      store = await under.reopen();
      seqs.push(await store.appendAudit(event('c')));
      const chain = await store.readAudit(1, 10);
      expect(chain.map((entry) => entry.seq)).toEqual(seqs);
      let previous = '0'.repeat(64);
      for (const { seq: _seq, hash, ...entry } of chain) {
        previous = createHash('sha256').update(previous).update(canonicalJson(entry)).digest('hex');
        expect(hash).toBe(previous);
      }
      expect(await store.readAudit(seqs[2]!, 10)).toHaveLength(1);
    });

    test('a backup made under load holds everything that was acknowledged before it', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'bithive-backup-'));
      try {
        await Promise.all(Array.from({ length: 500 }, () => store.accept(message())));
        const before = await store.accept(message());
        const load = Promise.all(Array.from({ length: 500 }, () => store.accept(message())));
        const { throughMessageId } = await store.backup(join(folder, 'copy'));
        await load;
        expect(throughMessageId).toBeGreaterThanOrEqual(before.id);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });

    test('health says who it is', async () => {
      expect(await store.health()).toMatchObject({ accepting: true });
    });
  });
}
