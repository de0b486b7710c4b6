import { type DeliveryId, deliveryId, type MessageId, messageId } from '../../../../core/ids.ts';
import type { Database } from '../driver.ts';

/** Gives out the next numbers. Numbers of pruned rows are not given again: `prune` leaves the highest in `meta`. */
export class Numbers {
  #message: number;
  #delivery: number;

  constructor(database: Database) {
    const top = (name: string, table: string, column: string): number => {
      const sql = `SELECT max(coalesce((SELECT max(${column}) FROM ${table}), 0),
        coalesce((SELECT value FROM meta WHERE name = ?), 0)) AS top`;
      return database.prepare(sql).get(name)?.top as number;
    };
    this.#message = top('message_top', 'messages', 'seq');
    // A position in a lane is drawn from the same numbers as ids, see Lanes.
    this.#delivery = Math.max(
      top('delivery_top', 'deliveries', 'id'),
      top('delivery_top', 'deliveries', 'position'),
    );
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
