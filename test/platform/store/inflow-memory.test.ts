import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { NewMessage } from '../../../core/message.ts';
import { type Store, silentLogger } from '../../../core/ports/index.ts';
import { openSqliteStore } from '../../../platform/store/index.ts';
import { openConnection } from '../../../platform/store/sqlite/connection.ts';
import { type Database, loadSqlite } from '../../../platform/store/sqlite/driver.ts';
import { databaseFileName } from '../../../platform/store/sqlite/file-names.ts';
import { Inflow } from '../../../platform/store/sqlite/inflow.ts';
import { WorkReader } from '../../../platform/store/sqlite/read/work-reader.ts';
import { message } from './store-fixtures.ts';
import { systemClock } from './system-clock.ts';

let folder: string;
let store: Store;
let database: Database;
let inflow: Inflow;
let reader: WorkReader;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bithive-inflow-'));
  store = await openSqliteStore({
    folder,
    clock: systemClock,
    logger: silentLogger,
    writer: 'inline',
    diskFreeBytesMin: 0,
  });
  database = openConnection(await loadSqlite(), join(folder, databaseFileName), { readOnly: true });
  reader = new WorkReader(database);
  inflow = new Inflow();
  inflow.next(reader, 'adt', limit);
});
afterEach(async () => {
  database.close();
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

const limit = 1_000;

async function accept(bytes: Uint8Array, channel = 'adt'): Promise<NewMessage> {
  const one = message({ channel, body: { kind: 'inline', bytes } });
  const receipt = await store.accept(one);
  inflow.told([[channel, receipt.id]]);
  inflow.keep(one, receipt);
  return one;
}

/** How many of the waiting messages are the very ones that came in. */
function keptCount(given: readonly NewMessage[]): number {
  const bodies = new Set(given.map(({ body }) => body.kind === 'inline' && body.bytes));
  return inflow
    .next(reader, 'adt', limit)
    .filter(({ body }) => body.kind === 'inline' && bodies.has(body.bytes)).length;
}

test('messages are kept as they came in until the buffers behind them take 32 MiB, and again when some are done', async () => {
  const given: NewMessage[] = [];
  for (let count = 0; count < 20; count += 1) {
    // Each is a few bytes of a batch of 4 MiB.
    given.push(await accept(new Uint8Array(4 * 1024 * 1024).subarray(0, 100)));
  }
  expect(keptCount(given)).toBe(8);
  const waiting = inflow.next(reader, 'adt', limit);
  inflow.done(
    'adt',
    waiting.slice(0, 3).map(({ id }) => id),
  );
  for (let count = 0; count < 5; count += 1)
    given.push(await accept(new Uint8Array(4 * 1024 * 1024).subarray(0, 100)));
  expect(keptCount(given)).toBe(8);
});

test.each(['adt', undefined])(
  'what is forgotten (%s) is not kept: it may be done, and would stay for ever',
  async (channel) => {
    const given = [await accept(new Uint8Array(10))];
    expect(keptCount(given)).toBe(1);
    inflow.forget(channel);
    inflow.next(reader, 'adt', limit);
    expect(keptCount(given)).toBe(0);
  },
);

test('what is forgotten of one channel is kept of another', async () => {
  const given = [await accept(new Uint8Array(10))];
  inflow.forget('lab');
  expect(keptCount(given)).toBe(1);
});
