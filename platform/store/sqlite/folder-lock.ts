import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BitHiveError } from '../../../core/errors.ts';
import type { SqliteDriver } from './driver.ts';
import { isBusy } from './faults.ts';

export interface FolderLock {
  release(): void;
}

/**
 * One process owns a data folder. The lock is a file lock of the operating system, held through a small SQLite file: it ends
 * with the process, however that ends, so a stale one cannot exist. A pid file with take-over was the other way; two
 * starters can then both believe that they took over. The pid is written beside it for the reader of the error only.
 * Throws BH_STORE_LOCKED.
 */
export function lockFolder(driver: SqliteDriver, folder: string): FolderLock {
  const pidPath = join(folder, 'engine.pid');
  const database = driver.open(join(folder, 'engine.lock'));
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw error;
    throw new BitHiveError('BH_STORE_LOCKED', `${folder} is owned by process ${readPid(pidPath)}`, {
      cause: error,
    });
  }
  writeFileSync(pidPath, `${process.pid}\n`);
  return { release: () => database.close() };
}

function readPid(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return 'unknown'; // The owner has the lock and has not written its pid yet.
  }
}
