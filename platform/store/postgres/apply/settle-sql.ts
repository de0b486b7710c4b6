import { stateCode } from '../../sqlite/codes.ts';
import type { Session, Statement } from '../session-pool.ts';

/** The rows are locked. A new epoch with every end of a lease: whoever held it has no word any more. */
export const settleDeliveriesStatement: Statement = {
  name: 'settle-deliveries',
  text: `UPDATE deliveries d SET state = r.state, due_at = coalesce(r.due_at, d.due_at),
      settled_at = coalesce(r.settled_at, d.settled_at), last_error = coalesce(r.error, d.last_error),
      lease_until = NULL, lease_epoch = d.lease_epoch + 1
    FROM json_to_recordset($1::json)
      AS r(id bigint, state smallint, due_at bigint, settled_at bigint, error text)
    WHERE d.id = r.id`,
};

export const reopenStatement: Statement = {
  name: 'reopen-delivery',
  text: `UPDATE deliveries SET state = $2::smallint, position = $3::bigint, due_at = $4::bigint,
    expires_at = $4::bigint + (expires_at - coalesce(reopened_at, created_at)), reopened_at = $4::bigint,
    settled_at = NULL WHERE id = $1`,
};
export const enterLanesStatement: Statement = {
  name: 'enter-lanes',
  text: 'INSERT INTO delivery_lanes SELECT lane, $2::bigint, $1::bigint FROM unnest($3::uuid[]) AS lane',
};
export const isOpenSql = `state IN (${stateCode.queued}, ${stateCode.due}, ${stateCode.leased})`;

export interface AttemptRow {
  readonly delivery: number;
  readonly attempt: number;
  readonly at: number;
  readonly outcome: string;
  readonly error: string;
}

export async function insertAttempts(session: Session, rows: readonly AttemptRow[]): Promise<void> {
  if (rows.length > 0) await session.query(insertAttemptsStatement, [JSON.stringify(rows)]);
}

const insertAttemptsStatement: Statement = {
  name: 'insert-attempts',
  text: `INSERT INTO attempts SELECT delivery, attempt, at, outcome, error FROM json_to_recordset($1::json)
      AS r(delivery bigint, attempt int, at bigint, outcome text, error text)
    ON CONFLICT (delivery, attempt) DO UPDATE SET at = excluded.at, outcome = excluded.outcome, error = excluded.error`,
};
