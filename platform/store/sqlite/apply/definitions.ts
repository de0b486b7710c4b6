import type { Database, Statement } from '../driver.ts';
import type { Operations } from '../operations.ts';

/** Versions of channel texts. The highest is in force; going back to an earlier text is a new version. */
export class Definitions {
  readonly #latest: Statement;
  readonly #insert: Statement;

  constructor(database: Database) {
    this.#latest = database.prepare(
      'SELECT version, text FROM channels WHERE channel = ? ORDER BY version DESC LIMIT 1',
    );
    this.#insert = database.prepare('INSERT INTO channels VALUES (?, ?, ?, ?)');
  }

  deploy({ channel, text, nowMs }: Operations['deployChannel']['request']): number {
    const latest = this.#latest.get(channel);
    const version = (latest?.version ?? 0) as number;
    if (latest?.text === text) return version;
    this.#insert.run(channel, version + 1, text, nowMs);
    return version + 1;
  }
}
