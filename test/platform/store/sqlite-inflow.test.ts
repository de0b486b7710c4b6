import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { BlobHash } from '../../../core/ids.ts';
import type { Body, Message } from '../../../core/message.ts';
import type { Store } from '../../../core/ports/index.ts';
import { silentLogger } from '../../../core/ports/index.ts';
import { openSqliteStore } from '../../../platform/store/index.ts';
import { openConnection } from '../../../platform/store/sqlite/connection.ts';
import { loadSqlite } from '../../../platform/store/sqlite/driver.ts';
import { databaseFileName } from '../../../platform/store/sqlite/file-names.ts';
import { Inflow } from '../../../platform/store/sqlite/inflow.ts';
import { WorkReader } from '../../../platform/store/sqlite/read/work-reader.ts';
import { writerThreadPath } from '../../../platform/store/sqlite/thread-runner.ts';
import { dedupe, keys, message, processed, startMs } from './store-fixtures.ts';
import { systemClock } from './system-clock.ts';

const limit = 4;
const image: Body = { kind: 'blob', hash: 'ab'.repeat(32) as BlobHash, bytesCount: 525_000 };
const channel = fc.constantFrom('adt', 'lab');
const action = fc.oneof(
  fc.record({ kind: fc.constant('accept'), channel }),
  fc.record({ kind: fc.constant('accept many'), channel }),
  fc.record({ kind: fc.constant('accept an image'), channel }),
  fc.record({ kind: fc.constant('accept refused'), channel }),
  fc.record({ kind: fc.constant('accept conflicting'), channel }),
  fc.record({ kind: fc.constant('process'), channel }),
  fc.record({ kind: fc.constant('fail to process'), channel }),
  fc.record({ kind: fc.constant('fire a timer'), channel }),
);

/** What the store answers from memory is what its database holds, whatever came between. */
async function holds(writer: 'inline' | 'thread', actions: readonly { kind: string; channel: string }[]) {
  const folder = await mkdtemp(join(tmpdir(), 'bithive-inflow-'));
  const store = await openSqliteStore({
    folder,
    clock: systemClock,
    logger: silentLogger,
    writer,
    diskFreeBytesMin: 0,
  });
  const database = openConnection(await loadSqlite(), join(folder, databaseFileName), { readOnly: true });
  try {
    for (const [at, { kind, channel }] of actions.entries()) {
      await perform(store, kind, channel, at);
      for (const name of ['adt', 'lab']) {
        const inDatabase = new WorkReader(database).nextMessages(name, limit);
        expect(bare(await store.nextMessages(name, limit))).toEqual(bare(inDatabase));
      }
    }
  } finally {
    database.close();
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const bare = (messages: readonly Message[]) =>
  messages.map((one) => ({
    ...one,
    body: one.body.kind === 'inline' ? Buffer.from(one.body.bytes).toString('latin1') : one.body,
  }));

async function perform(store: Store, kind: string, channel: string, at: number): Promise<void> {
  const one = message({ channel, ...keys(['mrn', `P${at}`]), ...dedupe(`id ${at}`) });
  if (kind === 'accept') await store.accept(one);
  if (kind === 'accept many')
    await Promise.all([1, 2, 3, 4, 5].map((n) => store.accept({ ...one, ...dedupe(`id ${at} ${n}`) })));
  if (kind === 'accept an image')
    await store.accept({
      ...one,
      kind: 'dicom',
      body: image,
      facts: { modality: 'CT', imageType: ['ORIGINAL'], rows: 512 },
    });
  if (kind === 'accept refused')
    await store.accept({ ...one, refusal: { code: 'BH_HL7_FIELD', detail: '' } });
  if (kind === 'accept conflicting') await store.accept({ ...one, ...dedupe('same', `content ${at}`) });
  const lease = (await store.leaseChannel(channel, 'owner', 60_000))!;
  const waiting = await store.nextMessages(channel, 3);
  if (kind === 'process')
    await store.commitProcessed(
      lease,
      waiting.map(({ id }) => processed(id)),
    );
  if (kind === 'fail to process')
    await expect(
      store.commitProcessed(
        { ...lease, epoch: lease.epoch + 1 },
        waiting.map(({ id }) => processed(id)),
      ),
    ).rejects.toMatchObject({ code: 'BH_STORE_FENCED' });
  const [first] = waiting;
  if (kind === 'fire a timer' && first) {
    const timers = [{ key: 'k', name: 'quiet', dueAtMs: startMs }];
    await store.commitProcessed(lease, [processed(first.id, { timers })]);
    await store.fireTimers(lease, 1, startMs + 1, 10);
  }
}

const writers = writerThreadPath() === null ? (['inline'] as const) : (['inline', 'thread'] as const);
for (const writer of writers) {
  test(`what waits is known as the database has it, writer ${writer}`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 25 }), (actions) =>
        holds(writer, actions),
      ),
      { numRuns: 15 },
    );
  });
}

test('facts of any size are kept in bounded memory', () => {
  const inflow = new Inflow();
  const read: number[] = [];
  const reader = {
    nextMessages: () => [],
    getMessage: (id: number) => {
      read.push(id);
      return { id, status: 'received' };
    },
  } as unknown as WorkReader;
  inflow.next(reader, 'adt', 10);
  const hashes = Array.from({ length: 16_000 }, () => 'ab'.repeat(32));
  for (let id = 1; id <= 100; id += 1) {
    inflow.told([['adt', id as never]]);
    const receipt = { id: id as never, outcome: 'stored', status: 'received' } as const;
    inflow.keep(message({ channel: 'adt', facts: { blobs: [...hashes] } }), receipt as never);
  }
  expect(inflow.next(reader, 'adt', 100)).toHaveLength(100);
  // 1 MB each, 32 MB in all.
  expect(read.length).toBeGreaterThan(60);
  expect(read.length).toBeLessThan(80);
});
