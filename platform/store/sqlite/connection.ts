import { BitHiveError } from '../../../core/errors.ts';
import type { Database, SqliteDriver, SqlValue } from './driver.ts';
import { makePrivateFile } from './private-file.ts';

export interface ConnectionOptions {
  readonly readOnly?: boolean;
  readonly cacheKib?: number;
  /** Pages in the write-ahead log after which the writer copies them into the database file. */
  readonly checkpointPages?: number;
}

/**
 * Opens a connection and reads back what durability stands on. `synchronous = FULL` syncs the log at every commit
 * (sqlite.org/pragma.html#pragma_synchronous); some builds come with NORMAL, where a power cut takes back commits.
 */
export function openConnection(
  driver: SqliteDriver,
  path: string,
  options: ConnectionOptions = {},
): Database {
  if (!options.readOnly) makePrivateFile(path);
  const database = driver.open(path, options.readOnly ? { readOnly: true } : {});
  try {
    database.exec('PRAGMA busy_timeout = 10000');
    database.exec(`PRAGMA cache_size = -${options.cacheKib ?? 16_384}`);
    database.exec('PRAGMA mmap_size = 0');
    database.exec('PRAGMA foreign_keys = OFF');
    if (!options.readOnly) {
      database.exec('PRAGMA journal_mode = WAL');
      database.exec('PRAGMA synchronous = FULL');
      database.exec(`PRAGMA wal_autocheckpoint = ${options.checkpointPages ?? 4000}`);
    }
    requirePragma(database, 'journal_mode', 'wal');
    requirePragma(database, 'synchronous', 2, options.readOnly === true);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

export function pragma(database: Database, name: string): SqlValue {
  const row = database.prepare(`PRAGMA ${name}`).get();
  return row ? (Object.values(row)[0] ?? null) : null;
}

function requirePragma(database: Database, name: string, wanted: SqlValue, skip = false): void {
  if (skip) return;
  const found = pragma(database, name);
  if (found === wanted) return;
  throw new BitHiveError(
    'BH_STORE_VERSION',
    `the database runs with ${name} = ${String(found)}, ${String(wanted)} is needed`,
  );
}
