import type { Knex } from 'knex';
import { BitHiveError } from '../../../core/errors.ts';
import { openConnection } from './connection.ts';
import type { Database, SqliteDriver } from './driver.ts';
import { knexOver } from './knex-dialect.ts';
import { MessageSearch } from './read/message-search.ts';
import { OperatorReader } from './read/operator-reader.ts';
import { WorkReader } from './read/work-reader.ts';

interface OpenReaders {
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

  get database(): Database {
    return this.#require().database;
  }
  get knex(): Knex {
    return this.#require().knex;
  }
  get work(): WorkReader {
    return this.#require().work;
  }
  get operator(): OperatorReader {
    return this.#require().operator;
  }
  get messages(): MessageSearch {
    return this.#require().messages;
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
    throw new BitHiveError('BH_STORE_IO', 'the store is recovering or closed');
  }
}
