import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { silentLogger } from '../../../core/ports/index.ts';
import { openSqliteStore } from '../../../platform/store/index.ts';
import { writerThreadPath } from '../../../platform/store/sqlite/thread-runner.ts';
import { type StoreUnderTest, storeConformance } from './conformance.ts';
import { acceptConformance } from './conformance-accept.ts';
import { claimsConformance } from './conformance-claims.ts';
import { deliverConformance } from './conformance-deliver.ts';
import { processConformance } from './conformance-process.ts';
import { delivery, leaseAdt, message, processed, startMs } from './store-fixtures.ts';
import { systemClock } from './system-clock.ts';

const sqliteStore = (writer: 'inline' | 'thread') => async (): Promise<StoreUnderTest> => {
  const folder = await mkdtemp(join(tmpdir(), 'bithive-store-'));
  const open = () =>
    openSqliteStore({ folder, clock: systemClock, logger: silentLogger, writer, diskFreeBytesMin: 0 });
  let store = await open();
  return {
    store,
    async reopen() {
      await store.close();
      store = await open();
      return store;
    },
    async destroy() {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

storeConformance('SQLite, in this thread', sqliteStore('inline'));

test('SQLite leases at the commit what a claim asks for', async () => {
  const { store, destroy } = await sqliteStore('inline')();
  try {
    const lease = await leaseAdt(store);
    const { id } = await store.accept(message());
    const claims = [{ destination: 'ehr', owner: 'me', nowMs: startMs, leaseMs: 1, limit: 1 }];
    const results = [processed(id, { deliveries: [delivery(), delivery()] })];
    const { ids, leased } = await store.commitProcessed(lease, results, claims);
    expect(leased).toEqual([{ id: ids[0]![0], leaseOwner: 'me', leaseEpoch: 1 }]);
  } finally {
    await destroy();
  }
});

// The worker is compiled code: `npm test` builds it first. What differs from above is the way between the threads.
if (writerThreadPath() === null) {
  test.skip('SQLite, in a writer thread (needs dist)', () => {});
} else {
  acceptConformance('SQLite, in a writer thread', sqliteStore('thread'));
  processConformance('SQLite, in a writer thread', sqliteStore('thread'));
  deliverConformance('SQLite, in a writer thread', sqliteStore('thread'));
  claimsConformance('SQLite, in a writer thread', sqliteStore('thread'));
}
