import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../../core/ports/index.ts';
import { openSqliteStore } from '../../../platform/store/index.ts';
import { type StoreUnderTest, storeConformance } from './conformance.ts';
import { systemClock } from './system-clock.ts';

storeConformance('SQLite, in this thread', async (): Promise<StoreUnderTest> => {
  const folder = await mkdtemp(join(tmpdir(), 'bithive-store-'));
  const open = () =>
    openSqliteStore({
      folder,
      clock: systemClock,
      logger: silentLogger,
      writer: 'inline',
      diskFreeBytesMin: 0,
    });
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
});
