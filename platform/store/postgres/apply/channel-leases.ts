import { BitHiveError } from '../../../../core/errors.ts';
import type { ChannelLease } from '../../../../core/ports/index.ts';
import { wholeMs } from '../clean-text.ts';
import type { Session, Statement } from '../session-pool.ts';

/** One statement: of two nodes that ask at once, the second one sees what the first one took. */
export const takeLeaseStatement: Statement = {
  name: 'take-channel',
  text: `INSERT INTO channel_leases AS held VALUES ($1, $2, 1, $4::bigint)
    ON CONFLICT (channel) DO UPDATE SET owner = excluded.owner, lease_until = excluded.lease_until,
      epoch = CASE WHEN held.lease_until > $3::bigint THEN held.epoch ELSE held.epoch + 1 END
    WHERE held.owner = excluded.owner OR held.lease_until <= $3::bigint
    RETURNING held.epoch`,
};
export const releaseLeaseStatement: Statement = {
  name: 'release-channel',
  text: 'UPDATE channel_leases SET lease_until = 0 WHERE channel = $1 AND owner = $2 AND epoch = $3',
};
const holdLeaseStatement: Statement = {
  name: 'hold-channel',
  text: `SELECT 1 FROM channel_leases WHERE channel = $1 AND owner = $2 AND epoch = $3 AND lease_until <> 0
    FOR UPDATE`,
};

/** Who may process a channel; null while another owner holds it. A new holder gets a higher epoch. */
export async function takeLease(
  session: Session,
  request: {
    readonly channel: string;
    readonly owner: string;
    readonly leaseMs: number;
    readonly nowMs: number;
  },
): Promise<ChannelLease | null> {
  const { channel, owner, leaseMs } = request;
  const nowMs = wholeMs(request.nowMs);
  const rows = await session.query<{ epoch: number }>(takeLeaseStatement, [
    channel,
    owner,
    nowMs,
    wholeMs(nowMs + leaseMs),
  ]);
  return rows[0] ? { channel, owner, epoch: rows[0].epoch } : null;
}

/**
 * Throws BH_STORE_FENCED, or holds the row until the transaction ends: nobody takes the channel over in the middle. A lease that
 * ran out and that nobody took still stands: the epoch fences, not the clock.
 */
export async function holdLease(session: Session, lease: ChannelLease): Promise<void> {
  const rows = await session.query(holdLeaseStatement, [lease.channel, lease.owner, lease.epoch]);
  if (rows.length === 1) return;
  throw new BitHiveError('BH_STORE_FENCED', `channel ${lease.channel} is held by another owner`);
}
