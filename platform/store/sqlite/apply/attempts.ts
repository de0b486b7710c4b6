import type { DeliveryOutcome } from '../../../../core/delivery.ts';
import type { Refusal } from '../../../../core/message.ts';
import type { Database, Row, Statement } from '../driver.ts';

/** Attempts that failed, one row each. A delivery that succeeds at once has none: its own row says all. */
export class Attempts {
  readonly #insert: Statement;

  constructor(database: Database) {
    this.#insert = database.prepare('INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?, ?)');
  }

  add(
    delivery: number,
    attempt: number,
    atMs: number,
    outcome: DeliveryOutcome['kind'],
    error: Refusal | null,
  ): void {
    this.#insert.run(delivery, attempt, atMs, outcome, error === null ? null : JSON.stringify(error));
  }

  /** The owner never came back: a crash, or a lease that was too short. */
  addLost(row: Row, atMs: number): void {
    const error = { code: 'BH_DELIVERY_UNKNOWN', detail: 'the lease ended before a result was written' };
    this.add(row.id as number, row.attempts as number, atMs, 'unknown', error);
  }
}
