import type { Knex } from 'knex';
import type {
  Delivery,
  DeliveryAttempt,
  DeliveryOutcome,
  DeliverySummary,
} from '../../../../core/delivery.ts';
import { type DeliveryId, type MessageId, messageId } from '../../../../core/ids.ts';
import type { JsonObject } from '../../../../core/json.ts';
import { limits } from '../../../../core/limits.ts';
import type { Refusal } from '../../../../core/message.ts';
import type { AuditEvent, DeliveryQuery, Lineage, StoredAuditEvent } from '../../../../core/ports/index.ts';
import { childrenSql } from '../apply/pruning.ts';
import { stateCode } from '../codes.ts';
import type { Database, Row } from '../driver.ts';
import {
  deliveryColumns,
  deliveryOf,
  deliverySelection,
  deliverySummaryOf,
  deliverySummarySelection,
  integer,
} from '../rows.ts';

const ancestorsMax = 100;

/** The reads of operators and auditors. */
export class OperatorReader {
  readonly #database: Database;
  readonly #knex: Knex;

  constructor(database: Database, knex: Knex) {
    this.#database = database;
    this.#knex = knex;
  }

  getDelivery(id: DeliveryId): Delivery | null {
    const row = this.#database.prepare(`SELECT ${deliveryColumns} WHERE d.id = ?`).get(id);
    return row ? deliveryOf(row) : null;
  }

  async searchDeliveries(query: DeliveryQuery): Promise<Delivery[]> {
    return (await this.#deliveries(query, deliverySelection)).map(deliveryOf);
  }

  /** Without bodies. */
  async listDeliveries(query: DeliveryQuery): Promise<DeliverySummary[]> {
    return (await this.#deliveries(query, deliverySummarySelection)).map(deliverySummaryOf);
  }

  async #deliveries(query: DeliveryQuery, selection: string): Promise<Row[]> {
    const builder = this.#knex('deliveries as d')
      .leftJoin('delivery_bodies as b', 'b.id', 'd.id')
      .select(this.#knex.raw(selection))
      .orderBy('d.id', 'desc')
      .limit(Math.min(query.limit, limits.searchRowsMax));
    if (query.channel !== undefined) builder.where('d.channel', query.channel);
    if (query.destination !== undefined) builder.where('d.destination', query.destination);
    if (query.state !== undefined) builder.whereRaw(`d.state = ${stateCode[query.state]}`);
    if (query.messageId !== undefined) builder.where('d.message', query.messageId);
    if (query.before !== undefined) builder.where('d.id', '<', query.before);
    return await builder;
  }

  lineage(id: MessageId): Lineage {
    const children = this.#database.prepare(childrenSql).all(id, id);
    const deliveries = this.#database
      .prepare('SELECT id FROM deliveries WHERE message = ? ORDER BY id')
      .all(id);
    const report = this.#database.prepare('SELECT report FROM outcomes WHERE seq = ?').get(id)?.report;
    return {
      parents: this.#ancestors(id),
      children: children.map((row) => messageId(integer(row.seq))),
      deliveries: deliveries.map((row) => row.id as DeliveryId),
      ...(typeof report === 'string' ? { report: JSON.parse(report) as JsonObject } : {}),
    };
  }

  attempts(id: DeliveryId): DeliveryAttempt[] {
    const failed = this.#database
      .prepare('SELECT * FROM attempts WHERE delivery = ? ORDER BY attempt')
      .all(id)
      .map(attemptOf);
    const delivery = this.#database
      .prepare('SELECT state, attempts, settled_at FROM deliveries WHERE id = ?')
      .get(id);
    const attempt = (delivery?.attempts ?? 0) as number;
    const isLastToldBySettling =
      delivery?.state === stateCode.delivered && failed.at(-1)?.attempt !== attempt;
    if (!isLastToldBySettling || attempt === 0) return failed;
    return [...failed, { attempt, atMs: delivery.settled_at as number, outcome: 'delivered' }];
  }

  channelText(channel: string, version: number): string | null {
    const row = this.#database
      .prepare('SELECT text FROM channels WHERE channel = ? AND version = ?')
      .get(channel, version);
    return (row?.text ?? null) as string | null;
  }

  async readAudit(fromSeq: number, limit: number): Promise<StoredAuditEvent[]> {
    const rows: Row[] = await this.#knex('audit_events')
      .where('seq', '>=', fromSeq)
      .orderBy('seq')
      .limit(limit);
    return rows.map((row) => ({
      ...(JSON.parse(row.event as string) as AuditEvent),
      seq: integer(row.seq),
      hash: row.hash as string,
    }));
  }

  /** Nearest first. */
  #ancestors(id: MessageId): MessageId[] {
    const read = this.#database.prepare(
      'SELECT coalesce(parent, replay_of) AS parent FROM messages WHERE seq = ?',
    );
    const ancestors: MessageId[] = [];
    let at: number = id;
    while (ancestors.length < ancestorsMax) {
      const parent = read.get(at)?.parent;
      if (typeof parent !== 'number') break;
      ancestors.push(messageId(parent));
      at = parent;
    }
    return ancestors;
  }
}

function attemptOf(row: Row): DeliveryAttempt {
  const error = row.error;
  return {
    attempt: integer(row.attempt),
    atMs: integer(row.at),
    outcome: row.outcome as DeliveryOutcome['kind'],
    ...(typeof error === 'string' ? { error: JSON.parse(error) as Refusal } : {}),
  };
}
