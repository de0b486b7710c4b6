import type { LeasedDelivery } from '../../../../core/delivery.ts';
import { type DeliveryId, deliveryId } from '../../../../core/ids.ts';
import type { DeliveryLease, LeaseRequest } from '../../../../core/ports/index.ts';
import { stateCode } from '../codes.ts';
import type { Database, Row, Statement } from '../driver.ts';
import { deliveryColumns, leasedDeliveryOf } from '../rows.ts';
import type { Attempts } from './attempts.ts';

/** Takes deliveries that are due, and gives them to an owner for a while. */
export class Claims {
  readonly #attempts: Attempts;
  readonly #expired: Statement;
  readonly #priorityBelow: Statement;
  readonly #due: Statement;
  readonly #lease: Statement;
  readonly #read: Statement;
  readonly #renew: Statement;

  constructor(database: Database, attempts: Attempts) {
    this.#attempts = attempts;
    this.#expired = database.prepare(claimSql.expired);
    this.#priorityBelow = database.prepare(claimSql.priorityBelow);
    this.#due = database.prepare(claimSql.due);
    this.#lease = database.prepare(`UPDATE deliveries SET state = ${stateCode.leased}, lease_owner = ?,
      lease_epoch = lease_epoch + 1, lease_until = ?, attempts = attempts + 1 WHERE id = ?`);
    this.#read = database.prepare(`SELECT ${deliveryColumns} WHERE d.id = ?`);
    this.#renew = database.prepare(`UPDATE deliveries SET lease_until = ?
      WHERE id = ? AND state = ${stateCode.leased} AND lease_owner = ? AND lease_epoch = ?`);
  }

  lease(request: LeaseRequest): LeasedDelivery[] {
    const { channel, destination, nowMs, limit } = request;
    const expired = this.#expired.all(channel, destination, nowMs, limit);
    for (const row of expired) this.#attempts.addLost(row, nowMs);
    const ids = expired.map(idOf);
    // Priorities are few and any number: each is found by one seek below the last, so that deliveries of a high priority
    // that wait for their time are not walked over.
    let below = Number.MAX_SAFE_INTEGER;
    while (ids.length < limit) {
      const level = this.#priorityBelow.get(channel, destination, below)?.priority;
      if (typeof level !== 'number') break;
      ids.push(...this.#due.all(channel, destination, level, nowMs, limit - ids.length).map(idOf));
      below = level;
    }
    return ids.map((id) => this.#take(id, request));
  }

  renew(leases: readonly DeliveryLease[], untilMs: number): DeliveryId[] {
    return leases
      .filter(
        ({ id, leaseOwner, leaseEpoch }) =>
          this.#renew.run(untilMs, id, leaseOwner, leaseEpoch).changes === 1,
      )
      .map((lease) => lease.id);
  }

  #take(id: DeliveryId, request: LeaseRequest): LeasedDelivery {
    this.#lease.run(request.owner, request.nowMs + request.leaseMs, id);
    return leasedDeliveryOf(this.#read.get(id)!);
  }
}

const idOf = (row: Row): DeliveryId => deliveryId(row.id as number);

/** The claim's questions; the plan test proves that each is a seek in its partial index. */
export const claimSql = {
  expired: `SELECT id, attempts FROM deliveries WHERE state = ${stateCode.leased} AND channel = ? AND destination = ?
    AND lease_until <= ? ORDER BY lease_until LIMIT ?`,
  priorityBelow: `SELECT priority FROM deliveries WHERE state = ${stateCode.due} AND channel = ? AND destination = ?
    AND priority < ? ORDER BY priority DESC LIMIT 1`,
  due: `SELECT id FROM deliveries WHERE state = ${stateCode.due} AND channel = ? AND destination = ? AND priority = ?
    AND due_at <= ? ORDER BY due_at, id LIMIT ?`,
};
