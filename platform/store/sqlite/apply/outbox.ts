import type { NewDelivery } from '../../../../core/delivery.ts';
import type { DeliveryId, MessageId } from '../../../../core/ids.ts';
import { stateCode } from '../codes.ts';
import type { Database, Statement } from '../driver.ts';
import { jsonOrNull } from '../rows.ts';
import type { Grants } from './grants.ts';
import type { Lanes } from './lanes.ts';
import type { Numbers } from './numbers.ts';
import type { WorkList } from './work-list.ts';

export interface DeliveryOrigin {
  readonly message: MessageId;
  readonly channel: string;
  readonly channelVersion: number;
  readonly createdAtMs: number;
}

/** Writes new deliveries. */
export class Outbox {
  readonly #numbers: Numbers;
  readonly #lanes: Lanes;
  readonly #work: WorkList;
  readonly #insert: Statement;
  readonly #insertLeased: Statement;
  readonly #insertBody: Statement;

  constructor(database: Database, numbers: Numbers, lanes: Lanes, work: WorkList) {
    this.#numbers = numbers;
    this.#lanes = lanes;
    this.#work = work;
    const columns = `id, message, channel, channel_version, destination, state,
      priority, position, lanes, due_at, expires_at, created_at, content_type, facts, blob_hash, blob_bytes`;
    this.#insert = database.prepare(
      `INSERT INTO deliveries (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#insertLeased =
      database.prepare(`INSERT INTO deliveries (${columns}, lease_owner, lease_until, lease_epoch, attempts)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 1)`);
    this.#insertBody = database.prepare('INSERT INTO delivery_bodies VALUES (?, ?)');
  }

  add(delivery: NewDelivery, origin: DeliveryOrigin, grants: Grants): DeliveryId {
    const id = this.#numbers.nextDelivery();
    const isFirst = this.#lanes.enter(id, id, delivery.lanes);
    const grant = isFirst ? grants.take(id, delivery) : undefined;
    const { body } = delivery;
    const common = [
      id,
      origin.message,
      origin.channel,
      origin.channelVersion,
      delivery.destination,
      grant ? stateCode.leased : isFirst ? stateCode.due : stateCode.queued,
      delivery.priority,
      id,
      JSON.stringify(delivery.lanes),
      delivery.dueAtMs,
      delivery.expiresAtMs,
      origin.createdAtMs,
      delivery.contentType,
      jsonOrNull(delivery.facts),
      body.kind === 'blob' ? body.hash : null,
      body.kind === 'blob' ? body.bytesCount : null,
    ] as const;
    if (grant) this.#insertLeased.run(...common, grant.owner, grant.nowMs + grant.leaseMs);
    else this.#insert.run(...common);
    if (body.kind === 'inline') this.#insertBody.run(id, body.bytes);
    if (isFirst && !grant) this.#work.deliveries(origin.channel, delivery.destination);
    return id;
  }
}
