import type { MessageId } from '../../../../core/ids.ts';
import type { Json } from '../../../../core/json.ts';
import type { Message } from '../../../../core/message.ts';
import type { StateItem, StateRequest, StateValue } from '../../../../core/ports/index.ts';
import { storableText } from '../../storable-text.ts';
import { stateCode, statusCode } from '../codes.ts';
import type { Database, Statement } from '../driver.ts';
import { messageColumns, messageOf } from '../rows.ts';

/** The reads of the runtime: prepared, indexed, answered at once. */
export class WorkReader {
  readonly #next: Statement;
  readonly #state: Statement;
  readonly #items: Statement;
  readonly #timer: Statement;
  readonly #priorityBelow: Statement;
  readonly #due: Statement;
  readonly #leased: Statement;
  readonly #message: Statement;

  constructor(database: Database) {
    this.#next = database.prepare(workSql.nextMessages);
    this.#state = database.prepare('SELECT value FROM states WHERE scope = ? AND key = ?');
    this.#items = database.prepare(
      'SELECT item_key, value FROM state_items WHERE scope = ? AND key = ? ORDER BY item_key',
    );
    this.#timer = database.prepare(workSql.nextTimer);
    this.#priorityBelow = database.prepare(workSql.priorityBelow);
    this.#due = database.prepare(workSql.nextDue);
    this.#leased = database.prepare(workSql.nextLeaseEnd);
    this.#message = database.prepare(`SELECT ${messageColumns} WHERE m.seq = ?`);
  }

  nextMessages(channel: string, limit: number): Message[] {
    return this.#next.all(channel, limit).map(messageOf);
  }

  getMessage(id: MessageId): Message | null {
    const row = this.#message.get(id);
    return row ? messageOf(row) : null;
  }

  readStates(keys: readonly StateRequest[]): StateValue[] {
    return keys.flatMap(({ scope, key, withItems }) => {
      const row = this.#state.get(scope, storableText(key));
      if (!row) return [];
      const value = JSON.parse(row.value as string) as Json;
      return [withItems ? { scope, key, value, items: this.#readItems(scope, key) } : { scope, key, value }];
    });
  }

  nextTimerMs(channel: string): number | null {
    return (this.#timer.get(channel)?.due_at ?? null) as number | null;
  }

  nextDeliveryMs(channel: string, destination: string): number | null {
    let earliest = (this.#leased.get(channel, destination)?.lease_until ?? null) as number | null;
    let below = Number.MAX_SAFE_INTEGER;
    for (;;) {
      const level = this.#priorityBelow.get(channel, destination, below)?.priority;
      if (typeof level !== 'number') return earliest;
      const due = this.#due.get(channel, destination, level)?.due_at as number;
      earliest = earliest === null ? due : Math.min(earliest, due);
      below = level;
    }
  }

  #readItems(scope: string, key: string): StateItem[] {
    return this.#items.all(scope, storableText(key)).map((row) => ({
      itemKey: row.item_key as string,
      value: JSON.parse(row.value as string) as Json,
    }));
  }
}

/** Proved by the plan test to be seeks. */
export const workSql = {
  nextMessages: `SELECT ${messageColumns} WHERE m.channel = ? AND m.status = ${statusCode.received}
    ORDER BY m.seq LIMIT ?`,
  nextTimer: 'SELECT due_at FROM timers WHERE channel = ? ORDER BY due_at LIMIT 1',
  priorityBelow: `SELECT priority FROM deliveries WHERE state = ${stateCode.due} AND channel = ? AND destination = ?
    AND priority < ? ORDER BY priority DESC LIMIT 1`,
  nextDue: `SELECT due_at FROM deliveries WHERE state = ${stateCode.due} AND channel = ? AND destination = ?
    AND priority = ? ORDER BY due_at LIMIT 1`,
  nextLeaseEnd: `SELECT lease_until FROM deliveries WHERE state = ${stateCode.leased} AND channel = ? AND destination = ?
    ORDER BY lease_until LIMIT 1`,
};
