import type { ProcessedMessage, TimerSet } from '../../../../core/ports/index.ts';
import { isPublished } from '../../published.ts';
import { storableText } from '../../storable-text.ts';
import type { Database, Statement } from '../driver.ts';

/** States of ordering keys, the facts under them, and timers. */
export class States {
  readonly #put: Statement;
  readonly #remove: Statement;
  readonly #removeItems: Statement;
  readonly #putItem: Statement;
  readonly #setTimer: Statement;
  readonly #cancelTimer: Statement;

  constructor(database: Database) {
    this.#put = database.prepare(
      'INSERT OR REPLACE INTO states (scope, key, value, message) VALUES (?, ?, ?, ?)',
    );
    this.#remove = database.prepare('DELETE FROM states WHERE scope = ? AND key = ?');
    this.#removeItems = database.prepare('DELETE FROM state_items WHERE scope = ? AND key = ?');
    this.#putItem = database.prepare('INSERT OR REPLACE INTO state_items VALUES (?, ?, ?, ?)');
    this.#setTimer = database.prepare('INSERT OR REPLACE INTO timers VALUES (?, ?, ?, ?, ?)');
    this.#cancelTimer = database.prepare('DELETE FROM timers WHERE channel = ? AND key = ? AND name = ?');
  }

  write(channel: string, result: ProcessedMessage): void {
    for (const { scope, value, ...state } of result.states) {
      const key = storableText(state.key);
      if (value === null) {
        this.#remove.run(scope, key);
        this.#removeItems.run(scope, key);
      } else {
        const message = isPublished(scope, channel) ? result.id : null;
        this.#put.run(scope, key, JSON.stringify(value), message);
      }
    }
    for (const { scope, key, itemKey, value } of result.items) {
      this.#putItem.run(scope, storableText(key), storableText(itemKey), JSON.stringify(value));
    }
    for (const timer of result.timers) this.#writeTimer(channel, timer);
  }

  #writeTimer(channel: string, { name, dueAtMs, payload, ...timer }: TimerSet): void {
    const key = storableText(timer.key);
    if (dueAtMs === null) this.#cancelTimer.run(channel, key, name);
    else this.#setTimer.run(channel, key, name, dueAtMs, JSON.stringify(payload ?? {}));
  }
}
