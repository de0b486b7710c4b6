import type { Session, Statement } from '../session-pool.ts';
import { lockLanes } from './lanes.ts';

/** What deciding about a delivery needs of its row. */
export interface DeliveryInHand {
  readonly id: number;
  readonly message: number;
  readonly channel: string;
  readonly destination: string;
  readonly state: number;
  readonly position: number;
  readonly lane_marks: readonly string[];
  readonly attempts: number;
  readonly lease_owner: string | null;
  readonly lease_epoch: number;
  /** Search keys of its message, which an answer inherits. */
  readonly parent_keys: string | null;
}

/** Locks the lanes of the deliveries and then their rows, and reads them as they stand under the locks. */
export async function holdDeliveries(
  session: Session,
  ids: readonly number[],
): Promise<Map<number, DeliveryInHand>> {
  // Lanes never change, so they can be read before they are locked.
  const lanes = await session.query<{ lane: string }>(holdSql.lanes, [ids]);
  await lockLanes(
    session,
    lanes.map((row) => row.lane.replaceAll('-', '')),
  );
  const rows = await session.query<DeliveryInHand>(holdSql.hold, [ids]);
  return new Map(rows.map((row) => [row.id, row]));
}

export const markList = (rows: readonly DeliveryInHand[]): string[] => [
  ...new Set(rows.flatMap((row) => row.lane_marks)),
];

/** The plan test proves that each is a seek. */
export const holdSql = {
  lanes: {
    name: 'lanes-of-deliveries',
    text: 'SELECT DISTINCT unnest(lane_marks) AS lane FROM deliveries WHERE id = ANY($1::bigint[])',
  },
  hold: {
    name: 'hold-deliveries',
    text: `WITH held AS MATERIALIZED (
        SELECT id, message, channel, destination, state, position, lane_marks::text[] AS lane_marks, attempts,
          lease_owner, lease_epoch FROM deliveries WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE)
      SELECT held.*, m.search_keys AS parent_keys FROM held LEFT JOIN messages m ON m.seq = held.message`,
  },
} as const satisfies Record<string, Statement>;
