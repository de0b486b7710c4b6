import { type DeliveryId, deliveryId, type MessageId, messageId } from '../../../../core/ids.ts';
import type { Database } from '../driver.ts';

/** Gives out the next numbers. Numbers of pruned rows are not given again: `prune` leaves the highest in `meta`. */
export class Numbers {
  #message: number;
  #delivery: number;

  constructor(database: Database) {
    const top = (name: keyof typeof topSql): number => database.prepare(topSql[name]).get()?.top as number;
    this.#message = top('message');
    this.#delivery = top('delivery');
  }

  get lastMessage(): number {
    return this.#message;
  }
  get lastDelivery(): number {
    return this.#delivery;
  }
  nextMessage(): MessageId {
    this.#message += 1;
    return messageId(this.#message);
  }
  nextDelivery(): DeliveryId {
    this.#delivery += 1;
    return deliveryId(this.#delivery);
  }
}

const topOf = (name: string, ...largest: readonly string[]): string =>
  `SELECT max(${[...largest, `SELECT value FROM meta WHERE name = '${name}'`].map((sql) => `coalesce((${sql}), 0)`).join(', ')}) AS top`;

/**
 * The highest numbers given out. A position in a lane is drawn from the same numbers as ids (see Lanes), and those of open deliveries are
 * all that matters. Asked at start and after each rollback: of the deliveries themselves no more than a seek.
 */
export const topSql = {
  message: topOf('message_top', 'SELECT max(seq) FROM messages'),
  delivery: topOf(
    'delivery_top',
    'SELECT max(id) FROM deliveries',
    'SELECT max(position) FROM delivery_lanes',
  ),
};
