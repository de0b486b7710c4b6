import type { NewDelivery } from '../../../../core/delivery.ts';
import { type DeliveryId, deliveryId } from '../../../../core/ids.ts';
import type { Work } from '../../../../core/ports/index.ts';
import { stateCode } from '../../sqlite/codes.ts';
import { BodyBlock, chunksByBytes, inlineBytes } from '../body-block.ts';
import { cleanText, jsonOrNull, wholeMs } from '../clean-text.ts';
import type { Session, Statement } from '../session-pool.ts';
import { laneMarks, lockLanes, readLanes } from './lanes.ts';

/** A delivery and what it comes from. */
export interface DeliveryPlan {
  readonly delivery: NewDelivery;
  readonly message: number;
  readonly channel: string;
  readonly channelVersion: number;
  readonly createdAtMs: number;
}

const statementBytesMax = 16 * 1024 * 1024;

/** Writes new deliveries at the end of their lanes; answers their ids in order, and which destinations have something due. */
export async function addDeliveries(
  session: Session,
  plans: readonly DeliveryPlan[],
): Promise<{ readonly ids: readonly DeliveryId[]; readonly work: readonly Work[] }> {
  if (plans.length === 0) return { ids: [], work: [] };
  const marks = plans.map((plan) => laneMarks(plan.delivery.lanes));
  const all = [...new Set(marks.flat())];
  await lockLanes(session, all);
  const { positions, occupied } = await readLanes(session, all, plans.length);
  const rows = plans.map((plan, at) => {
    const isFirst = !marks[at]!.some((mark) => occupied.has(mark));
    for (const mark of marks[at]!) occupied.add(mark);
    return { plan, id: positions[at]!, lane_marks: marks[at]!, isFirst };
  });
  for (const chunk of chunksByBytes(rows, (row) => inlineBytes(row.plan.delivery.body), statementBytesMax)) {
    const block = new BodyBlock();
    const values = chunk.map((row) => ({ ...columnsOf(row), ...block.pack(row.plan.delivery.body) }));
    await session.query(insertDeliveriesStatement, [JSON.stringify(values), block.bytes()]);
  }
  return {
    ids: rows.map((row) => deliveryId(row.id)),
    work: rows
      .filter((row) => row.isFirst)
      .map(({ plan }) => ({
        kind: 'deliveries',
        channel: plan.channel,
        destination: plan.delivery.destination,
      })),
  };
}

interface DeliveryInLanes {
  readonly plan: DeliveryPlan;
  readonly id: number;
  readonly lane_marks: readonly string[];
  readonly isFirst: boolean;
}

function columnsOf({ plan, id, lane_marks, isFirst }: DeliveryInLanes) {
  const { delivery } = plan;
  return {
    id,
    message: plan.message,
    channel: plan.channel,
    channel_version: plan.channelVersion,
    destination: delivery.destination,
    state: isFirst ? stateCode.due : stateCode.queued,
    priority: delivery.priority,
    lanes: JSON.stringify(delivery.lanes),
    lane_marks,
    due_at: wholeMs(delivery.dueAtMs),
    expires_at: wholeMs(delivery.expiresAtMs),
    created_at: wholeMs(plan.createdAtMs),
    content_type: cleanText(delivery.contentType),
    facts: jsonOrNull(delivery.facts),
  };
}

const insertDeliveriesStatement: Statement = {
  name: 'insert-deliveries',
  text: `WITH given AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1::json) AS r(
      id bigint, message bigint, channel text, channel_version int, destination text, state smallint, priority int,
      lanes text, lane_marks uuid[], due_at bigint, expires_at bigint, created_at bigint, content_type text,
      facts text, blob_hash text, blob_bytes bigint, at int, length int)),
  added AS (
    INSERT INTO deliveries (id, message, channel, channel_version, destination, state, priority, position, lanes,
      lane_marks, due_at, expires_at, created_at, content_type, facts, blob_hash, blob_bytes)
    SELECT id, message, channel, channel_version, destination, state, priority, id, lanes, lane_marks, due_at,
      expires_at, created_at, content_type, facts, blob_hash, blob_bytes FROM given),
  bodies AS (
    INSERT INTO delivery_bodies SELECT id, substring($2::bytea FROM at + 1 FOR length) FROM given
    WHERE blob_hash IS NULL)
  INSERT INTO delivery_lanes SELECT lane, id, id FROM given, unnest(lane_marks) AS lane`,
};
