import { BitHiveError } from '../../../core/errors.ts';

/** What SQLite gives and takes. Integers beyond 2^53 never occur here, so bigint is not read. */
export type SqlValue = null | number | string | Uint8Array;
export type Row = { readonly [column: string]: SqlValue };

/** The part of the `node:sqlite` API that the store uses. */
export interface Statement {
  run(...values: SqlValue[]): { readonly changes: number | bigint };
  get(...values: SqlValue[]): Row | undefined;
  all(...values: SqlValue[]): Row[];
  columns(): readonly unknown[];
}
export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}
export interface SqliteDriver {
  /** `node:sqlite` or `@photostructure/sqlite`. */
  readonly name: string;
  readonly version: string;
  open(path: string, options?: { readonly readOnly?: boolean }): Database;
}

/** WAL-reset corruption was repaired in 3.51.3 (sqlite.org/wal.html, "The WAL-Reset Bug"); older ones may lose committed pages. */
export const sqliteVersionFloor = '3.51.3';

interface SqliteModule {
  readonly DatabaseSync: new (path: string, options?: { readonly readOnly?: boolean }) => Database;
}

/**
 * The built-in where its SQLite is at or above the floor, else the package with the same API that brings its own SQLite.
 * Throws BH_STORE_VERSION when neither is.
 */
export async function loadSqlite(): Promise<SqliteDriver> {
  const builtIn = process.getBuiltinModule?.('node:sqlite') as SqliteModule | undefined;
  const candidates: SqliteDriver[] = [];
  if (builtIn) candidates.push(driverOf('node:sqlite', builtIn));
  if (candidates.some(isNewEnough)) return candidates[0]!;
  const packaged = await importPackaged();
  if (packaged) candidates.push(driverOf('@photostructure/sqlite', packaged));
  const usable = candidates.find(isNewEnough);
  if (usable) return usable;
  const found =
    candidates.map((driver) => `${driver.name} with SQLite ${driver.version}`).join(', ') || 'none';
  throw new BitHiveError(
    'BH_STORE_VERSION',
    `SQLite ${sqliteVersionFloor} or newer is needed, found: ${found}`,
  );
}

export function isVersionAtLeast(version: string, floor: string): boolean {
  const parts = version.split('.').map(Number);
  for (const [at, wanted] of floor.split('.').map(Number).entries()) {
    const part = parts[at] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}

function isNewEnough(driver: SqliteDriver): boolean {
  return isVersionAtLeast(driver.version, sqliteVersionFloor);
}

function driverOf(name: string, module: SqliteModule): SqliteDriver {
  const probe = new module.DatabaseSync(':memory:');
  const version = String(probe.prepare('SELECT sqlite_version() AS version').get()?.version);
  probe.close();
  return { name, version, open: (path, options) => new module.DatabaseSync(path, options ?? {}) };
}

/** An optional dependency: a machine where its binary did not install has none, and the error above names what is missing. */
async function importPackaged(): Promise<SqliteModule | null> {
  try {
    return (await import('@photostructure/sqlite')) as unknown as SqliteModule;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return null;
    throw new BitHiveError('BH_STORE_VERSION', '@photostructure/sqlite cannot be loaded', { cause: error });
  }
}
