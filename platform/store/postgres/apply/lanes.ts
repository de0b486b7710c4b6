import { stateCode } from '../../sqlite/codes.ts';
import { laneLocks } from '../advisory.ts';
import { markOf } from '../marks.ts';
import type { Session, Statement } from '../session-pool.ts';

/**
 * Order among open deliveries, as in the SQLite store: a delivery stands in each of its lanes at one position, and is due when it
 * is first in all of them. Here several nodes do that at once:
 *
 * - Whoever enters or leaves lanes first locks all of them, in one order. Lanes share a bounded number of locks (stripes), since
 *   the server's lock table is bounded; two lanes of one stripe wait for each other in vain, which costs time only.
 * - Whoever makes the next one due locks its row before it looks at its other lanes: of two nodes that free two lanes of one
 *   delivery, the second one sees what the first one did.
 */
const stripes = 2048;

/** Marks of lanes, each once. */
export const laneMarks = (lanes: readonly string[]): string[] => [
  ...new Set(lanes.map((lane) => markOf(lane))),
];

const stripeOf = (mark: string): number => Number.parseInt(mark.slice(0, 8), 16) % stripes;

/** Held until the transaction ends. Call it once in a transaction, before any row of a delivery is locked. */
export async function lockLanes(session: Session, marks: readonly string[]): Promise<void> {
  if (marks.length === 0) return;
  const numbers = [...new Set(marks.map(stripeOf))].sort((a, b) => a - b);
  await session.query(laneSql.lock, [numbers]);
}

/** Takes the next `count` positions, and tells who is first in the lanes now. The lanes are locked. */
export async function readLanes(
  session: Session,
  marks: readonly string[],
  count: number,
): Promise<{ readonly positions: readonly number[]; readonly occupied: Set<string> }> {
  const [row] = await session.query<{ positions: number[]; occupied: string[] }>(laneSql.read, [
    count,
    marks,
  ]);
  return {
    positions: row?.positions ?? [],
    occupied: new Set((row?.occupied ?? []).map((mark) => mark.replaceAll('-', ''))),
  };
}

export interface Promoted {
  readonly channel: string;
  readonly destination: string;
}

/** Takes ended deliveries out of their lanes and makes due whoever became first in all of its own. The lanes are locked. */
export async function leaveLanes(
  session: Session,
  deliveries: readonly { readonly id: number; readonly position: number }[],
  marks: readonly string[],
): Promise<readonly Promoted[]> {
  if (marks.length === 0) return [];
  const positions = deliveries.map((one) => one.position);
  const heads = await session.query<{ id: number }>(laneSql.leave, [marks, positions]);
  if (heads.length === 0) return [];
  return session.query<Promoted>(laneSql.promote, [heads.map((head) => head.id)]);
}

/** The plan test proves that each is a seek. */
export const laneSql = {
  lock: {
    name: 'lock-lanes',
    text: `SELECT count(pg_advisory_xact_lock(${laneLocks}, stripe)) FROM unnest($1::int[]) AS stripe`,
  },
  read: {
    name: 'read-lanes',
    text: `SELECT (SELECT json_agg(nextval('delivery_seq')) FROM generate_series(1, $1::int)) AS positions,
      (SELECT json_agg(lane) FROM unnest($2::uuid[]) AS lane
        WHERE EXISTS (SELECT 1 FROM delivery_lanes l WHERE l.lane = lane.lane)) AS occupied`,
  },
  /** Answers who waits behind, and locks their rows, so that no other node decides about them at the same time. */
  leave: {
    name: 'leave-lanes',
    text: `WITH gone AS (
      DELETE FROM delivery_lanes WHERE lane = ANY($1::uuid[]) AND position = ANY($2::bigint[]))
      SELECT d.id FROM deliveries d WHERE d.state = ${stateCode.queued} AND d.id = ANY(ARRAY(
        SELECT (SELECT l.delivery FROM delivery_lanes l WHERE l.lane = lane.lane AND l.position <> ALL($2::bigint[])
          ORDER BY l.position LIMIT 1)
        FROM unnest($1::uuid[]) AS lane))
      ORDER BY d.id FOR UPDATE`,
  },
  promote: {
    name: 'promote',
    text: `UPDATE deliveries d SET state = ${stateCode.due} WHERE d.id = ANY($1::bigint[]) AND d.state = ${stateCode.queued}
      AND NOT EXISTS (SELECT 1 FROM unnest(d.lane_marks) AS mine(lane) JOIN delivery_lanes ahead
        ON ahead.lane = mine.lane AND ahead.position < d.position)
      RETURNING d.channel, d.destination`,
  },
} as const satisfies Record<string, Statement>;
