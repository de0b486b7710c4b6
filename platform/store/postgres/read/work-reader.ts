import type { DeliveryId, MessageId } from '../../../../core/ids.ts';
import type { Json } from '../../../../core/json.ts';
import type { Message } from '../../../../core/message.ts';
import type { StateItem, StateRequest, StateValue } from '../../../../core/ports/index.ts';
import { stateCode } from '../../sqlite/codes.ts';
import { markOf } from '../marks.ts';
import {
  type DeliveryRow,
  deliveryColumns,
  deliveryOf,
  type MessageRow,
  messageColumns,
  messageOf,
} from '../rows.ts';
import type { Session, Statement } from '../session-pool.ts';

/** The reads of the runtime: prepared and indexed. */
export async function nextMessages(session: Session, channel: string, limit: number): Promise<Message[]> {
  return (await session.query<MessageRow>(workSql.nextMessages, [channel, limit])).map(messageOf);
}

export async function getMessage(session: Session, id: MessageId): Promise<Message | null> {
  const [row] = await session.query<MessageRow>(workSql.message, [id]);
  return row ? messageOf(row) : null;
}

export async function getDelivery(session: Session, id: DeliveryId) {
  const [row] = await session.query<DeliveryRow>(workSql.delivery, [id]);
  return row ? deliveryOf(row) : null;
}

export async function readStates(session: Session, keys: readonly StateRequest[]): Promise<StateValue[]> {
  if (keys.length === 0) return [];
  const marks = keys.map(({ scope, key }) => markOf(scope, key));
  const rows = await session.query<{ mark: string; value: string }>(workSql.states, [marks]);
  const values = new Map(rows.map((row) => [row.mark.replaceAll('-', ''), JSON.parse(row.value) as Json]));
  const withItems = marks.filter((mark, at) => keys[at]!.withItems && values.has(mark));
  const items = await readItems(session, withItems);
  return keys.flatMap(({ scope, key, withItems: wanted }, at) => {
    const mark = marks[at]!;
    const value = values.get(mark);
    if (value === undefined) return [];
    return [wanted ? { scope, key, value, items: items.get(mark) ?? [] } : { scope, key, value }];
  });
}

interface ItemRow {
  readonly mark: string;
  readonly item_key: string;
  readonly value: string;
}

async function readItems(session: Session, marks: readonly string[]): Promise<Map<string, StateItem[]>> {
  const items = new Map<string, StateItem[]>();
  if (marks.length === 0) return items;
  const rows = await session.query<ItemRow>(workSql.items, [marks]);
  // Sorted here: the database's collation is not ours to choose.
  for (const row of rows.toSorted((a, b) => (a.item_key < b.item_key ? -1 : 1))) {
    const mark = row.mark.replaceAll('-', '');
    const list = items.get(mark) ?? [];
    list.push({ itemKey: row.item_key, value: JSON.parse(row.value) as Json });
    items.set(mark, list);
  }
  return items;
}

export async function nextTimerMs(session: Session, channel: string): Promise<number | null> {
  const [row] = await session.query<{ due_at: number }>(workSql.nextTimer, [channel]);
  return row?.due_at ?? null;
}

export async function nextDeliveryMs(
  session: Session,
  channel: string,
  destination: string,
): Promise<number | null> {
  const [row] = await session.query<{ earliest: number | null }>(workSql.nextDelivery, [
    channel,
    destination,
  ]);
  return row?.earliest ?? null;
}

const mine = 'd.channel = $1 AND d.destination = $2';
const due = `d.state = ${stateCode.due} AND ${mine}`;

/** Proved by the plan test to be seeks. */
export const workSql = {
  nextMessages: {
    name: 'next-messages',
    text: `SELECT ${messageColumns} JOIN waiting w ON w.seq = m.seq WHERE w.channel = $1 ORDER BY w.seq LIMIT $2`,
  },
  message: { name: 'message', text: `SELECT ${messageColumns} WHERE m.seq = $1` },
  delivery: { name: 'delivery', text: `SELECT ${deliveryColumns} WHERE d.id = $1` },
  states: { name: 'states', text: 'SELECT mark, value FROM states WHERE mark = ANY($1::uuid[])' },
  items: {
    name: 'items',
    text: 'SELECT mark, item_key, value FROM state_items WHERE mark = ANY($1::uuid[])',
  },
  nextTimer: {
    name: 'next-timer',
    text: 'SELECT due_at FROM timers WHERE channel = $1 ORDER BY due_at LIMIT 1',
  },
  nextDelivery: {
    name: 'next-delivery',
    text: `WITH RECURSIVE levels AS (
      (SELECT d.priority FROM deliveries d WHERE ${due} ORDER BY d.priority DESC LIMIT 1)
      UNION ALL
      SELECT (SELECT d.priority FROM deliveries d WHERE ${due} AND d.priority < levels.priority
        ORDER BY d.priority DESC LIMIT 1)
      FROM levels WHERE levels.priority IS NOT NULL)
    SELECT least(
      (SELECT d.lease_until FROM deliveries d WHERE d.state = ${stateCode.leased} AND ${mine}
        ORDER BY d.lease_until LIMIT 1),
      (SELECT min(first.due_at) FROM levels CROSS JOIN LATERAL (
        SELECT d.due_at FROM deliveries d WHERE ${due} AND d.priority = levels.priority
        ORDER BY d.due_at LIMIT 1) AS first)) AS earliest`,
  },
} as const satisfies Record<string, Statement>;
