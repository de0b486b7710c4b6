import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type Store, silentLogger } from '../../../core/ports/index.ts';
import { createStoreAudit } from '../../../platform/audit/store-audit.ts';
import { systemClock } from '../../../platform/clock.ts';
import { openSqliteStore } from '../../../platform/store/index.ts';
import { loadSqlite } from '../../../platform/store/sqlite/driver.ts';
import { type FailingDriver, failingDriver, syncFailed } from '../../platform/store/failing-driver.ts';
import { exampleMessage, startServer, type TestServer } from './harness.ts';

let folder: string;
let failing: FailingDriver;
let store: Store;
let server: TestServer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bithive-recovering-'));
  failing = failingDriver(await loadSqlite());
  store = await openSqliteStore({
    folder,
    clock: systemClock,
    logger: silentLogger,
    writer: 'inline',
    driver: failing.driver,
    diskFreeBytesMin: 0,
  });
  server = await startServer({ options: (base) => ({ ...base, store, audit: createStoreAudit(store) }) });
});
afterEach(async () => {
  failing.fail = null;
  await server.stop();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const reads = ['/api/messages', '/api/messages/1', '/api/deliveries'];

test.each(reads)('GET %s while the store recovers: 503, and when to come again', async (path) => {
  await store.accept(exampleMessage());
  failing.fail = syncFailed;
  await store.accept(exampleMessage()).catch(() => {}); // Recovery begins here.
  await expectComeAgain(await server.get(path));
});

test.each(reads)('GET %s that the disk fails: 503, and when to come again', async (path) => {
  failing.failReads = true;
  await expectComeAgain(await server.get(path));
});

async function expectComeAgain(answer: Response): Promise<void> {
  expect(answer.status).toBe(503);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await answer.json()).toMatchObject({ code: 'BH_STORE_IO' });
}
