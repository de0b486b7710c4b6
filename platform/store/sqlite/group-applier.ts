import { BitHiveError } from '../../../core/errors.ts';
import { Writer } from './apply/writer.ts';
import { type ConnectionOptions, openConnection } from './connection.ts';
import type { Database, SqliteDriver } from './driver.ts';
import { storageError } from './faults.ts';
import type { GroupResult, Operation, OperationResult } from './operations.ts';

/**
 * Applies groups of operations, one durable transaction each. Owns the writing connection and everything the writer keeps in
 * memory. Synchronous: it runs in this thread or in a worker, see `runner.ts`.
 */
export class GroupApplier {
  readonly #driver: SqliteDriver;
  readonly #path: string;
  readonly #options: ConnectionOptions;
  #database: Database;
  #writer: Writer;
  #isOpen = true;
  /** After a failed write or sync; nothing more is written to this connection. */
  #hasFailed = false;

  constructor(driver: SqliteDriver, path: string, options: ConnectionOptions) {
    this.#driver = driver;
    this.#path = path;
    this.#options = options;
    this.#database = openConnection(driver, path, options);
    this.#writer = new Writer(this.#database);
  }

  /** Refuses everything between a failure and its recovery: a later sync of the same file may succeed though pages were lost. */
  apply(operations: readonly Operation[]): GroupResult {
    if (this.#hasFailed || !this.#isOpen) {
      return rejected(operations, 'BH_STORE_IO', 'the store is recovering', undefined, true);
    }
    const results: OperationResult[] = [];
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      for (const operation of operations) results.push(this.#applyOne(operation));
      this.#writer.beforeCommit();
      this.#database.exec('COMMIT');
      return { results, ...this.#writer.takeWork(), failed: false };
    } catch (error) {
      return this.#undo(operations, error);
    }
  }

  /**
   * After a failed write or sync: a second sync of the same file may succeed though pages were lost, so the file is closed,
   * its log is read back by recovery and copied into the database, and the log starts anew. Throws while the disk still fails.
   */
  recover(): void {
    this.#close();
    const database = openConnection(this.#driver, this.#path, this.#options);
    try {
      const checkpoint = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
      if (checkpoint?.busy !== 0) {
        throw new BitHiveError('BH_STORE_IO', 'the log cannot be emptied while a reader is open');
      }
      probe(database);
    } catch (error) {
      database.close();
      throw error;
    }
    this.#database = database;
    this.#writer = new Writer(database);
    this.#isOpen = true;
    this.#hasFailed = false;
  }

  /** Leaves an empty log where the disk allows it, so that the database file alone is whole. */
  close(): void {
    if (this.#isOpen && !this.#hasFailed)
      this.#tryStorage(() => this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)'));
    this.#close();
  }

  /** A refusal of one operation is its answer; it has written nothing, and its neighbours go on. */
  #applyOne(operation: Operation): OperationResult {
    try {
      return { ok: true, value: this.#writer.apply(operation) };
    } catch (error) {
      if (!(error instanceof BitHiveError)) throw error;
      return { ok: false, code: error.code, detail: error.detail };
    }
  }

  #undo(operations: readonly Operation[], cause: unknown): GroupResult {
    const fault = storageError(cause);
    const failed = fault?.code === 'BH_STORE_IO' || !this.#rollBack();
    this.#hasFailed = failed;
    if (failed)
      return rejected(operations, 'BH_STORE_IO', fault?.detail ?? 'the store is recovering', cause, true);
    if (fault) return rejected(operations, fault.code, fault.detail, cause, false);
    // One operation broke a rule of the database: a bug. The others must not suffer for it, so each runs alone.
    if (operations.length === 1)
      return rejected(operations, 'BH_INTERNAL', 'unexpected failure, see the log', cause, false);
    return joined(operations.map((operation) => this.apply([operation])));
  }

  /** What the writer knows of the newest messages is read back, for the rollback took some away. */
  #rollBack(): boolean {
    try {
      if (isInTransaction(this.#database)) this.#database.exec('ROLLBACK');
      this.#writer = new Writer(this.#database);
      return true;
    } catch (error) {
      if (storageError(error) === null) throw error;
      return false;
    }
  }

  /**
   * Once: recovery closes first, and may be followed by the close of the store. The transaction is ended by hand, because
   * @photostructure/sqlite cannot finalize statements: its connection lives on, idle, until they are collected.
   */
  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#tryStorage(() => {
      if (isInTransaction(this.#database)) this.#database.exec('ROLLBACK');
    });
    this.#database.close();
  }

  /** For steps that a failing disk may refuse without harm. */
  #tryStorage(step: () => void): void {
    try {
      step();
    } catch (error) {
      if (storageError(error) === null && !/no transaction is active/.test(String(error))) throw error;
    }
  }
}

/** Some failures end the transaction by themselves (sqlite.org/lang_transaction.html, section 3). */
function isInTransaction(database: Database): boolean {
  return (database as { isTransaction?: boolean }).isTransaction !== false;
}

function probe(database: Database): void {
  database.prepare('SELECT * FROM messages ORDER BY seq DESC LIMIT 64').all();
  database.prepare('SELECT * FROM deliveries ORDER BY id DESC LIMIT 64').all();
  database.prepare('SELECT * FROM audit_events ORDER BY seq DESC LIMIT 64').all();
}

function rejected(
  operations: readonly Operation[],
  code: string,
  detail: string,
  cause: unknown,
  failed: boolean,
): GroupResult {
  return {
    results: operations.map(() => ({ ok: false, code, detail, cause })),
    work: [],
    received: [],
    failed,
  };
}

function joined(groups: readonly GroupResult[]): GroupResult {
  return {
    results: groups.flatMap((group) => group.results),
    work: groups.flatMap((group) => group.work),
    received: groups.flatMap((group) => group.received),
    failed: groups.some((group) => group.failed),
  };
}
