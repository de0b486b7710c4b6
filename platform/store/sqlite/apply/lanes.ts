import type { DeliveryId } from '../../../../core/ids.ts';
import { storableText } from '../../storable-text.ts';
import { stateCode } from '../codes.ts';
import type { Database, Row, Statement } from '../driver.ts';
import type { Numbers } from './numbers.ts';
import type { WorkList } from './work-list.ts';

/**
 * Order among open deliveries. A delivery stands in each of its lanes at one position; it is due when it is first in all of
 * them. So a claim looks at due deliveries only, however many wait behind them.
 */
export class Lanes {
  readonly #numbers: Numbers;
  readonly #work: WorkList;
  readonly #insert: Statement;
  readonly #remove: Statement;
  readonly #first: Statement;
  readonly #delivery: Statement;
  readonly #makeDue: Statement;

  constructor(database: Database, numbers: Numbers, work: WorkList) {
    this.#numbers = numbers;
    this.#work = work;
    this.#insert = database.prepare('INSERT INTO delivery_lanes VALUES (?, ?, ?)');
    this.#remove = database.prepare('DELETE FROM delivery_lanes WHERE lane = ? AND position = ?');
    this.#first = database.prepare(
      'SELECT position, delivery FROM delivery_lanes WHERE lane = ? ORDER BY position LIMIT 1',
    );
    this.#delivery = database.prepare(
      'SELECT state, lanes, position, channel, destination FROM deliveries WHERE id = ?',
    );
    this.#makeDue = database.prepare(`UPDATE deliveries SET state = ${stateCode.due} WHERE id = ?`);
  }

  /** Puts a delivery at the end of its lanes; true when it is first in all of them. */
  enter(id: DeliveryId, position: number, lanes: readonly string[]): boolean {
    let isFirst = true;
    for (const lane of namesOf(lanes)) {
      if (isFirst && this.#first.get(lane) !== undefined) isFirst = false;
      this.#insert.run(lane, position, id);
    }
    return isFirst;
  }

  /** A delivery that was brought back stands last: those behind it have gone on meanwhile. */
  reenter(
    id: DeliveryId,
    lanes: readonly string[],
  ): { readonly position: number; readonly isFirst: boolean } {
    const position = this.#numbers.nextDelivery();
    return { position, isFirst: this.enter(id, position, lanes) };
  }

  /** Takes an ended delivery out and makes due whoever became first in all its lanes. */
  leave(position: number, lanes: readonly string[]): void {
    const left = namesOf(lanes);
    for (const lane of left) this.#remove.run(lane, position);
    for (const lane of left) {
      const next = this.#first.get(lane);
      if (next) this.#promote(next.delivery as number);
    }
  }

  #promote(id: number): void {
    const row = this.#delivery.get(id);
    if (!row || row.state !== stateCode.queued || !this.#isFirst(row)) return;
    this.#makeDue.run(id);
    this.#work.deliveries(row.channel as string, row.destination as string);
  }

  #isFirst(row: Row): boolean {
    const lanes = namesOf(JSON.parse(row.lanes as string) as string[]);
    return [...lanes].every((lane) => this.#first.get(lane)?.position === row.position);
  }
}

const namesOf = (lanes: readonly string[]): ReadonlySet<string> => new Set(lanes.map(storableText));
