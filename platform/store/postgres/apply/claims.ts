import type { LeasedDelivery } from '../../../../core/delivery.ts';
import { type DeliveryId, deliveryId } from '../../../../core/ids.ts';
import type { DeliveryLease, LeaseRequest } from '../../../../core/ports/index.ts';
import { stateCode } from '../../sqlite/codes.ts';
import { wholeMs } from '../clean-text.ts';
import { type DeliveryRow, leasedDeliveryOf } from '../rows.ts';
import type { Session, Statement } from '../session-pool.ts';

/** The owner never came back: a crash, or a lease that was too short. */
const lostError = JSON.stringify({
  code: 'BH_DELIVERY_UNKNOWN',
  detail: 'the lease ended before a result was written',
});

/** Takes deliveries that are due, and gives them to an owner for a while; those whose lease ran out come first. */
export async function claimDeliveries(session: Session, request: LeaseRequest): Promise<LeasedDelivery[]> {
  const rows = await session.query<DeliveryRow>(claimSql.claim, [
    request.channel,
    request.destination,
    wholeMs(request.nowMs),
    wholeMs(request.nowMs + request.leaseMs),
    request.owner,
    request.limit,
    lostError,
  ]);
  return rows.map(leasedDeliveryOf);
}

export async function renewDeliveries(
  session: Session,
  leases: readonly DeliveryLease[],
  untilMs: number,
): Promise<DeliveryId[]> {
  if (leases.length === 0) return [];
  const rows = await session.query<{ id: number }>(claimSql.renew, [
    JSON.stringify(
      leases.map(({ id, leaseOwner, leaseEpoch }) => ({ id, owner: leaseOwner, epoch: leaseEpoch })),
    ),
    wholeMs(untilMs),
  ]);
  return rows.map((row) => deliveryId(row.id));
}

const mine = 'channel = $1 AND destination = $2';

/**
 * A claim is one statement, and a transaction by itself. Rows that another node is claiming are skipped, not waited for.
 * Priorities are few and any number: each is found by one seek below the last, so that deliveries of a high priority that wait for
 * their time are not walked over. The levels come highest first, and the outer limit stops asking for more. The rows are updated
 * by an array of ids, because the planner expects hundreds from a limit that it does not know, and would read the whole table.
 */
export const claimSql = {
  claim: {
    name: 'claim',
    text: `WITH RECURSIVE expired AS MATERIALIZED (
      SELECT id, attempts FROM deliveries WHERE state = ${stateCode.leased} AND ${mine} AND lease_until <= $3::bigint
      ORDER BY lease_until LIMIT $6::int FOR UPDATE SKIP LOCKED),
    lost AS (
      INSERT INTO attempts SELECT id, attempts, $3::bigint, 'unknown', $7 FROM expired
      ON CONFLICT (delivery, attempt) DO UPDATE SET at = excluded.at, outcome = excluded.outcome, error = excluded.error),
    levels AS (
      (SELECT priority FROM deliveries WHERE state = ${stateCode.due} AND ${mine} ORDER BY priority DESC LIMIT 1)
      UNION ALL
      SELECT (SELECT d.priority FROM deliveries d WHERE d.state = ${stateCode.due} AND d.channel = $1
        AND d.destination = $2 AND d.priority < levels.priority ORDER BY d.priority DESC LIMIT 1)
      FROM levels WHERE levels.priority IS NOT NULL),
    due AS MATERIALIZED (
      SELECT one.id FROM levels CROSS JOIN LATERAL (
        SELECT d.id FROM deliveries d WHERE d.state = ${stateCode.due} AND d.channel = $1 AND d.destination = $2
          AND d.priority = levels.priority AND d.due_at <= $3::bigint
        ORDER BY d.due_at, d.id LIMIT $6::int FOR UPDATE SKIP LOCKED) AS one
      LIMIT greatest(0, $6::int - (SELECT count(*) FROM expired))),
    chosen AS MATERIALIZED (
      SELECT id, row_number() OVER () AS ord FROM (
        SELECT id FROM expired UNION ALL SELECT id FROM due) AS both_kinds),
    taken AS (
      UPDATE deliveries d SET state = ${stateCode.leased}, lease_owner = $5, lease_epoch = d.lease_epoch + 1,
        lease_until = $4::bigint, attempts = d.attempts + 1
      WHERE d.id = ANY(ARRAY(SELECT id FROM chosen)) RETURNING d.*)
    SELECT taken.*, (SELECT b.body FROM delivery_bodies b WHERE b.id = taken.id) AS body
    FROM taken JOIN chosen ON chosen.id = taken.id ORDER BY chosen.ord`,
  },
  /** In order of ids, as settlements lock them. */
  renew: {
    name: 'renew',
    text: `WITH held AS MATERIALIZED (
      SELECT d.id FROM deliveries d JOIN json_to_recordset($1::json) AS r(id bigint, owner text, epoch bigint)
        ON r.id = d.id AND r.owner = d.lease_owner AND r.epoch = d.lease_epoch
      WHERE d.state = ${stateCode.leased} ORDER BY d.id FOR UPDATE OF d)
    UPDATE deliveries d SET lease_until = $2::bigint FROM held WHERE d.id = held.id RETURNING d.id`,
  },
} as const satisfies Record<string, Statement>;
