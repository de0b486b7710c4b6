import { afterAll, test } from '@jest/globals';
import { silentLogger } from '../../core/ports/index.ts';
import { openPostgresStore } from '../../platform/store/index.ts';
import { type StoreUnderTest, storeConformance } from '../platform/store/conformance.ts';
import { systemClock } from '../platform/store/system-clock.ts';
import { PostgresServer } from './postgres-server.ts';

const server = await PostgresServer.start();
afterAll(() => server?.close());

async function postgresStore(running: PostgresServer): Promise<StoreUnderTest> {
  const url = await running.createDatabase();
  const open = () => openPostgresStore({ url, clock: systemClock, logger: silentLogger });
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
    },
  };
}

if (server) storeConformance('PostgreSQL', () => postgresStore(server));
else test.skip('PostgreSQL conformance (no PostgreSQL on this machine)', () => {});
