import type { Depths } from '../../../../core/ports/index.ts';
import { stateCode } from '../../sqlite/codes.ts';
import type { Session } from '../session-pool.ts';

const open = `state IN (${stateCode.queued}, ${stateCode.due}, ${stateCode.leased})`;

/** Each count walks an index that holds only what it counts. */
const channelsSql = `SELECT w.channel, w.received, m.received_at AS oldest FROM (
    SELECT channel, count(*) AS received, min(seq) AS first FROM waiting GROUP BY channel) w
  LEFT JOIN messages m ON m.seq = w.first ORDER BY w.channel`;
const destinationsSql = `SELECT channel, destination, sum(open)::bigint AS open, sum(dead)::bigint AS dead,
    sum(unknown)::bigint AS unknown, min(oldest) AS oldest FROM (
      SELECT channel, destination, count(*) AS open, 0 AS dead, 0 AS unknown, min(created_at) AS oldest
      FROM deliveries WHERE ${open} GROUP BY channel, destination
      UNION ALL
      SELECT channel, destination, 0, count(*) FILTER (WHERE state = ${stateCode.dead}),
        count(*) FILTER (WHERE state = ${stateCode.unknown}), NULL
      FROM deliveries WHERE state IN (${stateCode.dead}, ${stateCode.unknown}) GROUP BY channel, destination) counted
  GROUP BY channel, destination ORDER BY channel, destination`;

interface ChannelRow {
  readonly channel: string;
  readonly received: number;
  readonly oldest: number | null;
}
interface DestinationRow {
  readonly channel: string;
  readonly destination: string;
  readonly open: number;
  readonly dead: number;
  readonly unknown: number;
  readonly oldest: number | null;
}

/** How much waits and how much failed. */
export async function readDepths(session: Session): Promise<Depths> {
  const channels = await session.query<ChannelRow>({ text: channelsSql });
  const destinations = await session.query<DestinationRow>({ text: destinationsSql });
  return {
    channels: channels.map(({ channel, received, oldest }) => ({
      channel,
      received,
      oldestReceivedAtMs: oldest,
    })),
    destinations: destinations.map(({ oldest, ...counts }) => ({ ...counts, oldestCreatedAtMs: oldest })),
  };
}
