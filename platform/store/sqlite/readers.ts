import type { Knex } from 'knex';
import { BitHiveError } from '../../../core/errors.ts';
import { openConnection } from './connection.ts';
import type { Database, SqliteDriver } from './driver.ts';
import { storageError } from './faults.ts';
import { knexOver } from './knex-dialect.ts';
import { MessageSearch } from './read/message-search.ts';
import { OperatorReader } from './read/operator-reader.ts';
import { WorkReader } from './read/work-reader.ts';

const recovering = 'the store is recovering or closed';

export interface OpenReaders {
  readonly database: Database;
  readonly knex: Knex;
  readonly work: WorkReader;
  readonly operator: OperatorReader;
  readonly messages: MessageSearch;
}

/** The reading connection and what asks through it. Closed while the store recovers, opened again after. */
export class Readers {
  readonly #driver: SqliteDriver;
  readonly #path: string;
  #open: OpenReaders | null = null;
  /** knex ends in its own time: its pool has a timer that would keep the process alive. */
  #ending: Promise<void> = Promise.resolve();

  constructor(driver: SqliteDriver, path: string) {
    this.#driver = driver;
    this.#path = path;
    this.reopen();
  }

  /**
   * Asks through the open connection. Rejects with BH_STORE_IO while the store recovers, also where recovery begins in the middle of the
   * question, and where the disk fails it.
   */
  async ask<T>(question: (open: OpenReaders) => T | Promise<T>): Promise<T> {
    const open = this.#require();
    try {
      return await question(open);
    } catch (error) {
      throw this.#refusal(open, error);
    }
  }

  /** As `ask`, for what is read page by page. */
  async *list<T>(question: (open: OpenReaders) => AsyncIterable<T>): AsyncIterable<T> {
    const open = this.#require();
    try {
      yield* question(open);
    } catch (error) {
      throw this.#refusal(open, error);
    }
  }

  reopen(): void {
    const database = openConnection(this.#driver, this.#path, { readOnly: true, cacheKib: 32_768 });
    const knex = knexOver(database);
    this.#open = {
      database,
      knex,
      work: new WorkReader(database),
      operator: new OperatorReader(database, knex),
      messages: new MessageSearch(database, knex),
    };
  }

  /** At once, even under a search that is under way: its next question is refused. */
  drop(): void {
    const open = this.#open;
    if (!open) return;
    this.#open = null;
    open.database.close();
    this.#ending = Promise.all([this.#ending, open.knex.destroy()]).then(() => {});
  }

  async close(): Promise<void> {
    await this.#open?.knex.destroy();
    this.drop();
    await this.#ending;
  }

  #require(): OpenReaders {
    if (this.#open) return this.#open;
    throw new BitHiveError('BH_STORE_IO', recovering);
  }

  /** What a driver says of a connection that was closed under a question tells nobody what to do. */
  #refusal(asked: OpenReaders, error: unknown): unknown {
    if (error instanceof BitHiveError) return error;
    if (this.#open !== asked) return new BitHiveError('BH_STORE_IO', recovering, { cause: error });
    return storageError(error) ?? error;
  }
}
