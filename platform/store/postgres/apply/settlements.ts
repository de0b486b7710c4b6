import { BitHiveError } from '../../../../core/errors.ts';
import { messageId } from '../../../../core/ids.ts';
import type { NewMessage, SearchKey } from '../../../../core/message.ts';
import type { DeliveryLease, Settlement, SettleReceipt, Work } from '../../../../core/ports/index.ts';
import { stateCode } from '../../sqlite/codes.ts';
import { unpackSearchKeys } from '../../sqlite/terms/search-terms.ts';
import { wholeMs } from '../clean-text.ts';
import type { GroupAnswer } from '../group-queue.ts';
import type { Session } from '../session-pool.ts';
import { type DeliveryInHand, holdDeliveries, markList } from './hold-deliveries.ts';
import { acceptMessages } from './inbox.ts';
import { leaveLanes } from './lanes.ts';
import type { Applied } from './processing.ts';
import { insertAttempts, settleDeliveriesStatement } from './settle-sql.ts';

export interface SettleRequest {
  readonly lease: DeliveryLease;
  readonly settlement: Settlement;
}
interface Settled extends SettleRequest {
  readonly at: number;
  readonly row: DeliveryInHand;
}

/** Ends or reschedules a group of deliveries in one transaction; a result under an older epoch is refused alone. */
export async function settleDeliveries(
  session: Session,
  requests: readonly SettleRequest[],
): Promise<Applied<GroupAnswer<SettleReceipt>[]>> {
  const rows = await holdDeliveries(
    session,
    requests.map((request) => request.lease.id),
  );
  const settled: Settled[] = [];
  const answers: GroupAnswer<SettleReceipt>[] = requests.map((request, at) => {
    const row = rows.get(request.lease.id);
    if (!row || !isHolder(row, request.lease)) return fenced(request.lease);
    rows.delete(request.lease.id); // A second result for the same lease comes too late.
    settled.push({ ...request, at, row });
    return { ok: true, value: {} };
  });
  if (settled.length === 0) return { value: answers, work: [] };

  await session.query(settleDeliveriesStatement, [JSON.stringify(settled.map(changeOf))]);
  await insertAttempts(session, settled.flatMap(attemptOf));
  const ended = settled.filter(({ settlement }) => settlement.outcome.kind !== 'retry').map(({ row }) => row);
  const promoted = await leaveLanes(session, ended, markList(ended));
  const answered = settled.filter(({ settlement }) => settlement.answer !== undefined);
  const receipts = await acceptMessages(session, answered.map(answerOf));
  for (const [index, { at }] of answered.entries()) {
    answers[at] = { ok: true, value: { answerId: receipts[index]!.id } };
  }
  return { value: answers, work: [...promoted.map(deliveriesWork), ...settled.flatMap(workOf)] };
}

const isHolder = (row: DeliveryInHand, lease: DeliveryLease): boolean =>
  row.state === stateCode.leased &&
  row.lease_owner === lease.leaseOwner &&
  row.lease_epoch === lease.leaseEpoch;

const fenced = (lease: DeliveryLease): GroupAnswer<never> => ({
  ok: false,
  error: new BitHiveError('BH_STORE_FENCED', `delivery ${lease.id} is not leased under this epoch`),
});

/** `due_at` for a retry, `settled_at` for an end. */
function changeOf({ row, settlement }: Settled) {
  const { outcome, atMs, nextDueAtMs } = settlement;
  const isRetry = outcome.kind === 'retry';
  return {
    id: row.id,
    state: outcome.kind === 'retry' ? stateCode.due : stateCode[outcome.kind],
    due_at: isRetry ? wholeMs(nextDueAtMs ?? atMs) : null,
    settled_at: isRetry ? null : wholeMs(atMs),
    error: outcome.kind === 'delivered' ? null : JSON.stringify(outcome.error),
  };
}

/** Attempts that failed, one row each. A delivery that succeeds at once has none: its own row says all. */
function attemptOf({ row, settlement: { outcome, atMs } }: Settled) {
  if (outcome.kind === 'delivered') return [];
  const { id: delivery, attempts: attempt } = row;
  const error = JSON.stringify(outcome.error);
  return [{ delivery, attempt, at: wholeMs(atMs), outcome: outcome.kind, error }];
}

function answerOf({ row, settlement }: Settled): NewMessage {
  const answer = settlement.answer!;
  const searchKeys = joinKeys(answer.searchKeys, unpackSearchKeys(row.parent_keys));
  return { ...answer, parent: messageId(row.message), searchKeys };
}

function joinKeys(own: readonly SearchKey[], inherited: readonly SearchKey[]): SearchKey[] {
  const seen = new Set(own.map(([name, value]) => `${name} ${value}`));
  return [...own, ...inherited.filter(([name, value]) => !seen.has(`${name} ${value}`))];
}

const deliveriesWork = ({ channel, destination }: { channel: string; destination: string }): Work => ({
  kind: 'deliveries',
  channel,
  destination,
});

function workOf({ row, lease, settlement: { outcome, answer } }: Settled): Work[] {
  return [
    { kind: 'settled', messageId: messageId(row.message), id: lease.id, outcome: outcome.kind },
    ...(outcome.kind === 'retry' ? [deliveriesWork(row)] : []),
    ...(answer && !answer.refusal ? [{ kind: 'messages' as const, channel: answer.channel }] : []),
  ];
}
