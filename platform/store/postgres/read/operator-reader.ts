import type {
  Delivery,
  DeliveryAttempt,
  DeliveryOutcome,
  DeliverySummary,
} from '../../../../core/delivery.ts';
import { type DeliveryId, deliveryId, type MessageId, messageId } from '../../../../core/ids.ts';
import type { JsonObject } from '../../../../core/json.ts';
import { limits } from '../../../../core/limits.ts';
import type { Refusal } from '../../../../core/message.ts';
import type { AuditEvent, DeliveryQuery, Lineage, StoredAuditEvent } from '../../../../core/ports/index.ts';
import { stateCode } from '../../sqlite/codes.ts';
import {
  type DeliveryRow,
  type DeliverySummaryRow,
  deliveryOf,
  deliverySelection,
  deliverySummaryOf,
  deliverySummarySelection,
} from '../rows.ts';
import type { Session, Statement } from '../session-pool.ts';
import { queryOf, sql } from './query-builder.ts';

const ancestorsMax = 100;

/** Newest first. */
export async function searchDeliveries(session: Session, query: DeliveryQuery): Promise<Delivery[]> {
  return (await foundDeliveries<DeliveryRow>(session, query, deliverySelection)).map(deliveryOf);
}

/** As `searchDeliveries`, without bodies. */
export async function listDeliveries(session: Session, query: DeliveryQuery): Promise<DeliverySummary[]> {
  const rows = await foundDeliveries<DeliverySummaryRow>(session, query, deliverySummarySelection);
  return rows.map(deliverySummaryOf);
}

function foundDeliveries<R>(session: Session, query: DeliveryQuery, selection: string): Promise<R[]> {
  const builder = sql('deliveries as d')
    .leftJoin('delivery_bodies as b', 'b.id', 'd.id')
    .select(sql.raw(selection))
    .orderBy('d.id', 'desc')
    .limit(Math.min(query.limit, limits.searchRowsMax));
  if (query.channel !== undefined) builder.where('d.channel', query.channel);
  if (query.destination !== undefined) builder.where('d.destination', query.destination);
  // A literal, not a binding: only then can a partial index be chosen.
  if (query.state !== undefined) builder.whereRaw(`d.state = ${stateCode[query.state]}`);
  if (query.messageId !== undefined) builder.where('d.message', query.messageId);
  if (query.before !== undefined) builder.where('d.id', '<', query.before);
  return session.query<R>(...queryOf(builder));
}

interface LineageRow {
  readonly parents: readonly number[] | null;
  readonly children: readonly number[] | null;
  readonly deliveries: readonly number[] | null;
  readonly report: string | null;
}

export async function readLineage(session: Session, id: MessageId): Promise<Lineage> {
  const [row] = await session.query<LineageRow>(operatorSql.lineage, [id]);
  return {
    parents: (row?.parents ?? []).map(messageId),
    children: (row?.children ?? []).map(messageId),
    deliveries: (row?.deliveries ?? []).map(deliveryId),
    ...(row?.report ? { report: JSON.parse(row.report) as JsonObject } : {}),
  };
}

interface AttemptRow {
  readonly attempt: number;
  readonly at: number;
  readonly outcome: DeliveryOutcome['kind'];
  readonly error: string | null;
}

/** Failed attempts are rows; a delivery that succeeded says so itself. */
export async function readAttempts(session: Session, id: DeliveryId): Promise<DeliveryAttempt[]> {
  const rows = await session.query<AttemptRow>(operatorSql.attempts, [id]);
  const failed = rows.map(attemptOf);
  const [delivery] = await session.query<{ state: number; attempts: number; settled_at: number }>(
    operatorSql.delivered,
    [id],
  );
  const isToldBySettling =
    delivery?.state === stateCode.delivered && failed.at(-1)?.attempt !== delivery.attempts;
  if (!isToldBySettling || delivery.attempts === 0) return failed;
  return [...failed, { attempt: delivery.attempts, atMs: delivery.settled_at, outcome: 'delivered' }];
}

function attemptOf({ attempt, at, outcome, error }: AttemptRow): DeliveryAttempt {
  const about = { attempt, atMs: at, outcome };
  return error === null ? about : { ...about, error: JSON.parse(error) as Refusal };
}

export async function channelText(
  session: Session,
  channel: string,
  version: number,
): Promise<string | null> {
  const [row] = await session.query<{ text: string }>(operatorSql.channelText, [channel, version]);
  return row?.text ?? null;
}

export async function readAudit(
  session: Session,
  fromSeq: number,
  limit: number,
): Promise<StoredAuditEvent[]> {
  const rows = await session.query<{ seq: number; event: string; hash: string }>(operatorSql.audit, [
    fromSeq,
    limit,
  ]);
  return rows.map(({ seq, event, hash }) => ({ ...(JSON.parse(event) as AuditEvent), seq, hash }));
}

export const operatorSql = {
  /** Nearest ancestor first. */
  lineage: {
    text: `WITH RECURSIVE up AS (
      SELECT coalesce(parent, replay_of) AS seq, 1 AS step FROM messages WHERE seq = $1
      UNION ALL
      SELECT coalesce(m.parent, m.replay_of), up.step + 1 FROM up JOIN messages m ON m.seq = up.seq
      WHERE up.step < ${ancestorsMax})
    SELECT (SELECT json_agg(seq ORDER BY step) FROM up WHERE seq IS NOT NULL) AS parents,
      (SELECT json_agg(seq ORDER BY seq) FROM (
        SELECT seq FROM messages WHERE parent = $1 UNION SELECT seq FROM messages WHERE replay_of = $1) c) AS children,
      (SELECT json_agg(id ORDER BY id) FROM deliveries WHERE message = $1) AS deliveries,
      (SELECT report FROM outcomes WHERE seq = $1) AS report`,
  },
  attempts: { text: 'SELECT attempt, at, outcome, error FROM attempts WHERE delivery = $1 ORDER BY attempt' },
  delivered: { text: 'SELECT state, attempts, settled_at FROM deliveries WHERE id = $1' },
  channelText: { text: 'SELECT text FROM channels WHERE channel = $1 AND version = $2' },
  audit: { text: 'SELECT seq, event, hash FROM audit_events WHERE seq >= $1 ORDER BY seq LIMIT $2' },
} as const satisfies Record<string, Statement>;
