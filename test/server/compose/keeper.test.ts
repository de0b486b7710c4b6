import { mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { BlobHash } from '../../../core/ids.ts';
import { messageId } from '../../../core/ids.ts';
import type { NewMessage } from '../../../core/message.ts';
import { type Blobs, type ProcessedMessage, type Store, silentLogger } from '../../../core/ports/index.ts';
import { openFolderBlobs } from '../../../platform/blobs/index.ts';
import { systemClock } from '../../../platform/clock.ts';
import { openSqliteStore } from '../../../platform/store/index.ts';
import { Keeper } from '../../../server/compose/keeper.ts';

const dayMs = 86_400_000;
let folder: string;
let store: Store;
let blobs: Blobs;
let keeper: Keeper;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bithive-keeper-'));
  store = await openSqliteStore({
    folder,
    clock: systemClock,
    logger: silentLogger,
    writer: 'inline',
    diskFreeBytesMin: 0,
  });
  blobs = await openFolderBlobs({ folder: join(folder, 'blobs'), diskFreeBytesMin: 0 });
  keeper = new Keeper({ store, blobs, clock: systemClock, logger: silentLogger, retentionDays: 2 });
});

afterEach(async () => {
  await keeper.stop();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** A body that was stored three days ago. */
async function oldBody(text: string): Promise<BlobHash> {
  async function* once() {
    yield new TextEncoder().encode(text);
  }
  const { hash } = await blobs.put(once(), 1024);
  const atSeconds = (Date.now() - 3 * dayMs) / 1000;
  await utimes(blobs.pathOf(hash) ?? '', atSeconds, atSeconds);
  return hash;
}

const naming = (hash: BlobHash, ageDays: number, refusal = true): NewMessage => ({
  kind: 'dicom',
  type: '1.2',
  sender: 'PACS',
  contentType: 'application/dicom',
  body: { kind: 'blob', hash, bytesCount: 5 },
  searchKeys: [],
  channel: 'imaging',
  channelVersion: 1,
  receivedAtMs: Date.now() - ageDays * dayMs,
  keys: [],
  ...(refusal ? { refusal: { code: 'BH_DICOM_SYNTAX', detail: 'not DICOM' } } : {}),
});

test('a body goes when its last message has gone, and not before', async () => {
  const gone = await oldBody('gone');
  const shared = await oldBody('shared');
  const waiting = await oldBody('waiting');
  await store.accept(naming(gone, 3));
  await store.accept(naming(shared, 3));
  await store.accept(naming(shared, 1));
  await store.accept(naming(waiting, 3, false));
  expect(await keeper.sweep()).toBe(0);
  expect(await keeper.prune()).toBe(2);
  expect(await keeper.sweep()).toBe(1);
  expect(await Promise.all([gone, shared, waiting].map((hash) => blobs.has(hash)))).toEqual([
    false,
    true,
    true,
  ]);
});

test('a body that no row ever named goes after its time of grace; one that was just stored stays', async () => {
  const orphan = await oldBody('its sender was cut off');
  async function* once() {
    yield new TextEncoder().encode('its row is on the way');
  }
  const { hash } = await blobs.put(once(), 1024);
  expect(await keeper.sweep()).toBe(1);
  expect([await blobs.has(orphan), await blobs.has(hash)]).toEqual([false, true]);
});

test('the bodies of a study stay while its instances are known, even when their messages are gone', async () => {
  const hash = await oldBody('an instance of an open study');
  const { id } = await store.accept(naming(hash, 3, false));
  const lease = await store.leaseChannel('imaging', 'test', 10_000);
  const commit = (result: Partial<ProcessedMessage>) =>
    store.commitProcessed(lease ?? { channel: '', owner: '', epoch: 0 }, [
      {
        id: messageId(0),
        status: 'processed',
        processedAtMs: 1,
        deliveries: [],
        states: [],
        items: [],
        timers: [],
        ...result,
      },
    ]);
  const at = { scope: 'imaging', key: '1.2.3' };
  const states = [{ ...at, value: { status: 'open' } }];
  await commit({ id, states, items: [{ ...at, itemKey: '1.2.3.4', value: { blob: hash } }] });
  expect(await keeper.prune()).toBe(1);
  expect(await keeper.sweep()).toBe(0);
  expect(await blobs.has(hash)).toBe(true);

  const later = await store.accept(naming('f'.repeat(64) as BlobHash, 0, false));
  await commit({ id: later.id, states: [{ ...at, value: null }] });
  expect(await keeper.sweep()).toBe(1);
  expect(await blobs.has(hash)).toBe(false);
});

test('while the disk runs full ended messages go earlier; what is not processed or not delivered stays', async () => {
  const ended = await oldBody('ended');
  const waiting = await oldBody('waiting');
  await store.accept(naming(ended, 1.5));
  await store.accept(naming(waiting, 1.5, false));
  const free = { bytes: 2_000 };
  const emergency = { days: 1, freeBytesWarn: 1_000 };
  const scarce = new Keeper({
    store,
    blobs: { ...blobsOf(blobs), freeBytes: async () => free.bytes },
    clock: systemClock,
    logger: silentLogger,
    retentionDays: 2,
    emergency,
  });
  await scarce.keep();
  expect(await blobs.has(ended)).toBe(true);
  free.bytes = 999;
  await scarce.keep();
  expect(await Promise.all([blobs.has(ended), blobs.has(waiting)])).toEqual([false, true]);
});

/** The methods of a class instance, to be replaced one by one. */
const blobsOf = (given: Blobs): Blobs => ({
  put: (source, max) => given.put(source, max),
  begin: (max) => given.begin(max),
  read: (hash) => given.read(hash),
  stream: (hash) => given.stream(hash),
  pathOf: (hash) => given.pathOf(hash),
  has: (hash) => given.has(hash),
  remove: (hash) => given.remove(hash),
  list: () => given.list(),
  removeUnlessStoredSince: (hash, sinceMs) => given.removeUnlessStoredSince(hash, sinceMs),
  freeBytes: () => given.freeBytes(),
});
