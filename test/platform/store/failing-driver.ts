import type { Database, SqliteDriver } from '../../../platform/store/sqlite/driver.ts';

/** The real driver, with a switch in front of its commits: the error is the one that SQLite gives for a failed sync. */
export interface FailingDriver {
  readonly driver: SqliteDriver;
  /** While set, every commit of a writing connection fails with this result code. */
  fail: number | null;
  /** The one commit after this many fails with `syncFailed`, and those after it succeed, as a repeated sync may. */
  failOnceAfter: number | null;
  /** While set, every statement of a reading connection fails as on a bad sector. */
  failReads: boolean;
  /** Connections opened so far. */
  opened: number;
}

export const syncFailed = 1034; // SQLITE_IOERR_FSYNC
export const diskFull = 13; // SQLITE_FULL
const readFailed = 266; // SQLITE_IOERR_READ

export function failingDriver(real: SqliteDriver): FailingDriver {
  const control: FailingDriver = {
    driver: { ...real, open },
    fail: null,
    failOnceAfter: null,
    failReads: false,
    opened: 0,
  };
  function open(path: string, options?: { readonly readOnly?: boolean }): Database {
    if (control.fail === syncFailed && path.endsWith('.db')) throw sqliteError(10);
    control.opened += 1;
    const database = real.open(path, options);
    return {
      exec(sql) {
        if (sql === 'COMMIT' && control.failOnceAfter !== null && !options?.readOnly) {
          control.failOnceAfter = control.failOnceAfter === 0 ? null : control.failOnceAfter - 1;
          if (control.failOnceAfter === null) {
            database.exec('ROLLBACK'); // As SQLite does by itself.
            throw sqliteError(syncFailed);
          }
        }
        if (sql === 'COMMIT' && control.fail !== null && !options?.readOnly) throw sqliteError(control.fail);
        database.exec(sql);
      },
      prepare(sql) {
        const statement = database.prepare(sql);
        const check = () => {
          if (control.failReads && options?.readOnly) throw sqliteError(readFailed);
        };
        return {
          run: (...values) => statement.run(...values),
          get: (...values) => {
            check();
            return statement.get(...values);
          },
          all: (...values) => {
            check();
            return statement.all(...values);
          },
          columns: () => statement.columns(),
        };
      },
      close: () => database.close(),
    };
  }
  return control;
}

function sqliteError(errcode: number): Error {
  return Object.assign(new Error(`injected result code ${errcode}`), { code: 'ERR_SQLITE_ERROR', errcode });
}
