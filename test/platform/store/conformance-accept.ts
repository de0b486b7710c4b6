import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { BlobHash } from '../../../core/ids.ts';
import type { Store, Work } from '../../../core/ports/index.ts';
import type { OpenStore, StoreUnderTest } from './conformance.ts';
import {
  dedupe,
  delivery,
  keys,
  message,
  noMessage,
  processed,
  startMs,
  textBytes,
} from './store-fixtures.ts';

export function acceptConformance(name: string, open: OpenStore): void {
  describe(`${name}: accept`, () => {
    let under: StoreUnderTest;
    let store: Store;
    beforeEach(async () => {
      under = await open();
      store = under.store;
    });
    afterEach(() => under.destroy());

    test('every field of a message comes back, also after a restart', async () => {
      const full = message({
        ...dedupe('key', 'hash'),
        ...keys(['mrn', '4711'], ['accession', 'A-1']),
        keys: ['PAT1', 'PAT2'],
        facts: { rows: 3, name: 'Müller^Jürgen' },
        body: { kind: 'inline', bytes: Uint8Array.from([0, 255, 13, 10]) },
      });
      const { id, outcome, status } = await store.accept(full);
      expect({ outcome, status }).toEqual({ outcome: 'stored', status: 'received' });
      const expected = { ...full, id, status: 'received' };
      expect(await store.getMessage(id)).toEqual(expected);
      expect(await store.nextMessages('adt', 10)).toEqual([expected]);
      expect(await (await under.reopen()).getMessage(id)).toEqual(expected);
    });

    test('a body in the blob store is named by its hash; an empty body stays empty', async () => {
      const body = { kind: 'blob' as const, hash: 'ab'.repeat(32) as BlobHash, bytesCount: 12 };
      const blob = await store.accept(message({ body }));
      const empty = await store.accept(message({ body: { kind: 'inline', bytes: new Uint8Array(0) } }));
      expect((await store.getMessage(blob.id))?.body).toEqual(body);
      expect((await store.getMessage(empty.id))?.body).toEqual({ kind: 'inline', bytes: new Uint8Array(0) });
      const hashes: string[] = [];
      for await (const hash of store.blobsInUse()) hashes.push(hash);
      expect(hashes).toEqual([body.hash]);
    });

    test('bodies that a notice names are in use while it waits; then its facts must say so', async () => {
      const [first, second, third] = ['1', '2', '3'].map((digit) => digit.repeat(64) as BlobHash);
      const inUse = async () => {
        const hashes: string[] = [];
        for await (const hash of store.blobsInUse()) hashes.push(hash);
        return hashes;
      };
      const facts = { studyInstanceUid: '1.2', blobs: [third!, first!, third!] };
      const { id } = await store.accept(message({ kind: 'notice', facts }));
      await store.accept(message({ body: { kind: 'blob', hash: second!, bytesCount: 1 } }));
      // What other messages say under this name is theirs.
      await store.accept(message({ facts: { blobs: ['4'.repeat(64)] } }));
      expect(await inUse()).toEqual([first, second, third]);
      const lease = await store.leaseChannel('adt', 'node-1', 60_000);
      await store.commitProcessed(lease!, [processed(id)]);
      expect(await inUse()).toEqual([second]);
    });

    test('bodies in use are listed once, in order: of messages, deliveries and facts under a state', async () => {
      const [first, second, third] = ['1', '2', '3'].map((digit) => digit.repeat(64) as BlobHash);
      const blob = (hash: BlobHash | undefined) => ({ kind: 'blob' as const, hash: hash!, bytesCount: 1 });
      const { id } = await store.accept(message({ body: blob(second) }));
      const lease = await store.leaseChannel('adt', 'node-1', 60_000);
      const study = { scope: 'adt', key: '1.2.3' };
      const items = [second, first].map((hash, at) => ({
        ...study,
        itemKey: `1.2.3.${at}`,
        value: { sopInstanceUid: `1.2.3.${at}`, blob: hash!, bytesCount: 1 },
      }));
      const done = { states: [{ ...study, value: { instances: 2 } }], items };
      await store.commitProcessed(lease!, [
        processed(id, { ...done, deliveries: [delivery({ body: blob(third) })] }),
      ]);
      const inUse = async () => {
        const hashes: string[] = [];
        for await (const hash of store.blobsInUse()) hashes.push(hash);
        return hashes;
      };
      expect(await inUse()).toEqual([first, second, third]);
      const { id: later } = await store.accept(message());
      await store.commitProcessed(lease!, [processed(later, { states: [{ ...study, value: null }] })]);
      expect(await inUse()).toEqual([second, third]);
    });

    test('numbers rise in order of acceptance, and go on rising after a restart', async () => {
      const receipts = await Promise.all(Array.from({ length: 50 }, () => store.accept(message())));
      const ids = receipts.map((receipt) => receipt.id);
      expect([...ids].sort((a, b) => a - b)).toEqual(ids);
      expect(new Set(ids).size).toBe(50);
      store = await under.reopen();
      expect((await store.accept(message())).id).toBeGreaterThan(ids.at(-1)!);
    });

    test('a refused arrival is kept in quarantine and never handed out', async () => {
      const refused = { code: 'BH_HL7_TYPE_UNKNOWN', detail: 'ZZZ^Z01' };
      const receipt = await store.accept(message({ refusal: refused }));
      expect(receipt).toMatchObject({ outcome: 'stored', status: 'quarantined', refusal: refused });
      expect(await store.nextMessages('adt', 10)).toEqual([]);
      expect(await store.getMessage(receipt.id)).toMatchObject({ status: 'quarantined', refusal: refused });
    });

    test('a duplicate gets the first one’s number and answer, also within one group and after a restart', async () => {
      const refused = { code: 'BH_HL7_CHARSET', detail: 'byte 12' };
      const [first, second] = await Promise.all([
        store.accept(message({ ...dedupe('twice'), refusal: refused })),
        store.accept(message({ ...dedupe('twice') })),
      ]);
      expect(first.outcome).toBe('stored');
      expect(second).toEqual({ id: first.id, outcome: 'duplicate', status: 'quarantined', refusal: refused });
      store = await under.reopen();
      expect((await store.accept(message({ ...dedupe('twice') }))).outcome).toBe('duplicate');
      expect(await store.searchMessages({ limit: 10 })).toHaveLength(1);
    });

    test('the same key with other content is kept and flagged; its own repeats are duplicates of it', async () => {
      const first = await store.accept(message(dedupe('same', 'one')));
      const other = await store.accept(message(dedupe('same', 'two')));
      expect(other.outcome).toBe('conflict');
      expect(await store.getMessage(other.id)).toMatchObject({ conflictsWith: first.id, status: 'received' });
      expect(await store.accept(message(dedupe('same', 'two')))).toMatchObject({
        id: other.id,
        outcome: 'duplicate',
      });
      expect(await store.accept(message(dedupe('same', 'one')))).toMatchObject({
        id: first.id,
        outcome: 'duplicate',
      });
    });

    test('the same key in another channel is another message, and a replay is no duplicate', async () => {
      const first = await store.accept(message(dedupe('key')));
      const elsewhere = await store.accept(message({ ...dedupe('key'), channel: 'other' }));
      const replay = await store.accept(message({ ...dedupe('key'), replayOf: first.id }));
      expect([elsewhere.outcome, replay.outcome]).toEqual(['stored', 'stored']);
      expect((await store.getMessage(replay.id))?.replayOf).toBe(first.id);
    });

    test('a duplicate after replays is answered with the first one, also after a restart', async () => {
      const first = await store.accept(message(dedupe('key')));
      const other = await store.accept(message(dedupe('key', 'other content')));
      const replay = await store.accept(message({ ...dedupe('key'), replayOf: first.id }));
      await store.accept(message({ ...dedupe('key'), replayOf: replay.id }));
      await store.accept(message({ ...dedupe('key', 'other content'), replayOf: other.id }));
      const again = async () => [
        await store.accept(message(dedupe('key'))),
        await store.accept(message(dedupe('key', 'other content'))),
      ];
      const expected = [
        { id: first.id, outcome: 'duplicate', status: 'received' },
        { id: other.id, outcome: 'duplicate', status: 'received' },
      ];
      expect(await again()).toEqual(expected);
      store = await under.reopen();
      expect(await again()).toEqual(expected);
    });

    test('messages of a channel are handed out oldest first, and are heard of', async () => {
      const heard: Work[] = [];
      store.onWork((work) => heard.push(work));
      const a = await store.accept(message());
      await store.accept(message({ channel: 'other' }));
      const b = await store.accept(message());
      expect((await store.nextMessages('adt', 10)).map((m) => m.id)).toEqual([a.id, b.id]);
      expect((await store.nextMessages('adt', 1)).map((m) => m.id)).toEqual([a.id]);
      expect(heard).toContainEqual({ kind: 'messages', channel: 'adt' });
      expect(heard).toContainEqual({ kind: 'messages', channel: 'other' });
    });

    test('every search key finds its messages, alone and together, among thousands and after a restart', async () => {
      const count = 5000;
      const accepted = await Promise.all(
        Array.from({ length: count }, (_, n) =>
          store.accept(
            message({
              receivedAtMs: startMs + n,
              ...keys(['mrn', `P${n % 100}`], ['control-id', `C${n}`], ['visit', `V${n % 7}`]),
            }),
          ),
        ),
      );
      for (const round of ['open', 'reopened']) {
        if (round === 'reopened') store = await under.reopen();
        for (const n of [0, 1, 2047, 2048, 4095, 4096, 4999]) {
          const found = await store.searchMessages({
            keys: [{ name: 'control-id', value: `C${n}` }],
            limit: 10,
          });
          expect(found.map((m) => m.id)).toEqual([accepted[n]!.id]);
        }
        const both = await store.searchMessages({
          keys: [
            { name: 'mrn', value: 'P42' },
            { name: 'visit', value: 'V3' },
          ],
          limit: 100,
        });
        const expected = accepted
          .filter((_, n) => n % 100 === 42 && n % 7 === 3)
          .map((receipt) => receipt.id);
        expect(both.map((m) => m.id)).toEqual(expected.reverse());
      }
      expect(await store.searchMessages({ keys: [{ name: 'visit', value: 'P42' }], limit: 5 })).toEqual([]);
      expect(
        await store.searchMessages({ keys: [{ name: 'control-id', value: 'C4' }], limit: 5 }),
      ).toHaveLength(1);
    });

    test('search narrows by channel, kind, type, status and time, newest first, in pages', async () => {
      const a = await store.accept(message({ type: 'ADT^A01', receivedAtMs: startMs }));
      const b = await store.accept(message({ kind: 'fhir', type: 'Bundle', receivedAtMs: startMs + 10 }));
      const c = await store.accept(
        message({
          channel: 'other',
          receivedAtMs: startMs + 20,
          refusal: { code: 'BH_HL7_PATH', detail: '' },
        }),
      );
      const ids = async (query: Parameters<Store['searchMessages']>[0]) =>
        (await store.searchMessages(query)).map((m) => m.id);
      expect(await ids({ limit: 10 })).toEqual([c.id, b.id, a.id]);
      expect(await ids({ limit: 2 })).toEqual([c.id, b.id]);
      expect(await ids({ limit: 2, before: b.id })).toEqual([a.id]);
      expect(await ids({ limit: 10, channel: 'adt' })).toEqual([b.id, a.id]);
      expect(await ids({ limit: 10, kind: 'fhir' })).toEqual([b.id]);
      expect(await ids({ limit: 10, type: 'ADT^A01' })).toEqual([a.id]);
      expect(await ids({ limit: 10, status: 'quarantined' })).toEqual([c.id]);
      expect(await ids({ limit: 10, status: 'received' })).toEqual([b.id, a.id]);
      expect(await ids({ limit: 10, sinceMs: startMs + 10, untilMs: startMs + 10 })).toEqual([b.id]);
    });

    test('what is not there is null', async () => {
      expect(await store.getMessage(noMessage)).toBeNull();
      expect(await store.searchMessages({ limit: 10 })).toEqual([]);
    });

    test('a value with separators in it is found under the same value', async () => {
      const value = 'a\u001eb\u001fc'.repeat(100);
      const { id } = await store.accept(message(keys(['mrn', value], ['visit', ''])));
      expect(await store.searchMessages({ keys: [{ name: 'mrn', value }], limit: 2 })).toHaveLength(1);
      expect((await store.getMessage(id))?.body).toEqual({
        kind: 'inline',
        bytes: textBytes('MSH|^~\\&|HIS\r'),
      });
    });

    test('after close nothing is accepted', async () => {
      await store.close();
      await expect(store.accept(message())).rejects.toMatchObject({ code: 'BH_STORE_CLOSED' });
      store = await under.reopen();
    });
  });
}
