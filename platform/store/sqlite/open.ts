import { join } from 'node:path';
import { limits } from '../../../core/limits.ts';
import type { Clock, Logger, Store } from '../../../core/ports/index.ts';
import { DiskWatch } from '../disk-watch.ts';
import { makeDurableFolder } from '../durable-folder.ts';
import { openConnection } from './connection.ts';
import { loadSqlite, type SqliteDriver } from './driver.ts';
import { databaseFileName } from './file-names.ts';
import { lockFolder } from './folder-lock.ts';
import { GroupApplier } from './group-applier.ts';
import { GroupCommit } from './group-commit.ts';
import { Inflow } from './inflow.ts';
import { inlineRunner } from './inline-runner.ts';
import { capLeases } from './lease-ends.ts';
import { migrate } from './migrate.ts';
import { Readers } from './readers.ts';
import { SqliteStore } from './sqlite-store.ts';
import { isCompiled, threadRunner } from './thread-runner.ts';
import { WorkListeners } from './work-listeners.ts';

/** From source there is no compiled worker of the same text, so tests commit in their own thread. */
const writerDefault = isCompiled ? 'thread' : 'inline';

export interface SqliteStoreOptions {
  /** The data folder; made when it is missing. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where commits run; see docs/decisions/0002-store.md for what each costs. */
  readonly writer?: 'thread' | 'inline';
  readonly diskFreeBytesMin?: number;
  readonly driver?: SqliteDriver;
}

/**
 * Opens the store of a data folder and brings its schema up to date. Throws BH_STORE_LOCKED when another process owns the
 * folder, BH_STORE_VERSION when the driver is too old or the data too new.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const driver = options.driver ?? (await loadSqlite());
  makeDurableFolder(options.folder);
  const lock = lockFolder(driver, options.folder);
  try {
    return await openLocked(options, driver, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openLocked(
  options: SqliteStoreOptions,
  driver: SqliteDriver,
  lock: ReturnType<typeof lockFolder>,
): Promise<Store> {
  const { folder, clock, logger } = options;
  const databasePath = join(folder, databaseFileName);
  const schema = openConnection(driver, databasePath);
  try {
    await migrate(schema);
    capLeases(schema, clock.nowMs() + limits.leaseMs);
  } finally {
    schema.close();
  }
  const connection = { cacheKib: 65_536 };
  const runner =
    (options.writer ?? writerDefault) === 'thread'
      ? await threadRunner({ path: databasePath, options: connection })
      : inlineRunner(new GroupApplier(driver, databasePath, connection));
  const readers = new Readers(driver, databasePath);
  const listeners = new WorkListeners(logger);
  const inflow = new Inflow();
  const commits = new GroupCommit({
    runner,
    clock,
    logger,
    onWork: (work) => listeners.tell(work),
    onReceived: (received) => inflow.told(received),
    beforeRecovery: () => {
      inflow.forget();
      readers.drop();
    },
    afterRecovery: () => readers.reopen(),
  });
  const disk = new DiskWatch(folder, options.diskFreeBytesMin ?? limits.diskFreeBytesMin, logger);
  await disk.look();
  return new SqliteStore({ driver, databasePath, lock, commits, readers, inflow, listeners, disk, clock });
}
