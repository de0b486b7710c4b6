import { BitHiveError } from '../../../../core/errors.ts';
import type { ChannelLease, CommitReceipt, ProcessedMessage, Work } from '../../../../core/ports/index.ts';
import { statusCode } from '../../sqlite/codes.ts';
import { jsonOrNull, wholeMs } from '../clean-text.ts';
import type { Session, Statement } from '../session-pool.ts';
import { holdLease } from './channel-leases.ts';
import { addDeliveries } from './outbox.ts';
import { writeStates } from './states.ts';

/** What a transaction answers, and what it gives others to do once it is durable. */
export interface Applied<T> {
  readonly value: T;
  readonly work: readonly Work[];
}

/** Writes what `process` decided about a batch, within a transaction. */
export async function commitProcessed(
  session: Session,
  lease: ChannelLease,
  results: readonly ProcessedMessage[],
): Promise<Applied<CommitReceipt>> {
  await holdLease(session, lease);
  const versions = await takeWaiting(session, lease.channel, results);
  await session.query(insertOutcomesStatement, [JSON.stringify(results.map(outcomeOf))]);
  await writeStates(session, lease.channel, results);
  const plans = results.flatMap((result) =>
    result.deliveries.map((delivery) => ({
      delivery,
      message: result.id,
      channel: lease.channel,
      channelVersion: versions.get(result.id)!,
      createdAtMs: result.processedAtMs,
    })),
  );
  const { ids, work } = await addDeliveries(session, plans);
  let taken = 0;
  const idsOfResults = results.map(({ deliveries }) => {
    taken += deliveries.length;
    return ids.slice(taken - deliveries.length, taken);
  });
  const value = { ids: idsOfResults, leased: [] };
  return { value, work: [...work, { kind: 'processed', ids: results.map((result) => result.id) }] };
}

/** The messages stop waiting; answers the channel version of each. BH_STORE_FENCED when one does not wait in the channel. */
async function takeWaiting(
  session: Session,
  channel: string,
  results: readonly ProcessedMessage[],
): Promise<Map<number, number>> {
  const ids = results.map((result) => result.id);
  const rows = await session.query<{ seq: number; channel_version: number }>(takeWaitingStatement, [
    channel,
    ids,
  ]);
  const versions = new Map(rows.map((row) => [row.seq, row.channel_version]));
  const stray = ids.find((id) => !versions.has(id));
  if (stray !== undefined) {
    throw new BitHiveError('BH_STORE_FENCED', `message ${stray} does not wait in channel ${channel}`);
  }
  if (versions.size === ids.length) return versions;
  throw new BitHiveError('BH_STORE_FENCED', 'a message is named twice in one batch');
}

const outcomeOf = (result: ProcessedMessage) => ({
  seq: result.id,
  status: statusCode[result.status],
  processed_at: wholeMs(result.processedAtMs),
  refusal: jsonOrNull(result.refusal),
  report: jsonOrNull(result.report),
});

export const takeWaitingStatement: Statement = {
  name: 'take-waiting',
  text: `WITH taken AS (DELETE FROM waiting WHERE channel = $1 AND seq = ANY($2::bigint[]) RETURNING seq)
    SELECT m.seq, m.channel_version FROM taken JOIN messages m USING (seq)`,
};
const insertOutcomesStatement: Statement = {
  name: 'insert-outcomes',
  text: `INSERT INTO outcomes SELECT seq, status, processed_at, refusal, report FROM json_to_recordset($1::json)
    AS r(seq bigint, status smallint, processed_at bigint, refusal text, report text)`,
};
