import type { NewMessage } from '../../../../core/message.ts';
import type { ChannelLease } from '../../../../core/ports/index.ts';
import { wholeMs } from '../clean-text.ts';
import type { Session, Statement } from '../session-pool.ts';
import { holdLease } from './channel-leases.ts';
import { acceptMessages } from './inbox.ts';
import type { Applied } from './processing.ts';

export interface FireRequest {
  readonly lease: ChannelLease;
  readonly channelVersion: number;
  readonly nowMs: number;
  readonly limit: number;
}
interface DueTimer {
  readonly key: string;
  readonly name: string;
  readonly due_at: number;
  readonly payload: string;
}

/** A timer that is due becomes a message, so that a replay sees it as everything else that came in. */
export async function fireTimers(session: Session, request: FireRequest): Promise<Applied<number>> {
  const { lease, limit } = request;
  await holdLease(session, lease);
  const due = await session.query<DueTimer>(takeTimersStatement, [
    lease.channel,
    wholeMs(request.nowMs),
    limit,
  ]);
  if (due.length === 0) return { value: 0, work: [] };
  const inOrder = due.toSorted((a, b) => a.due_at - b.due_at);
  await acceptMessages(
    session,
    inOrder.map((timer) => messageOf(timer, request)),
  );
  return { value: due.length, work: [{ kind: 'messages', channel: lease.channel }] };
}

function messageOf(timer: DueTimer, { lease, channelVersion, nowMs }: FireRequest): NewMessage {
  return {
    channel: lease.channel,
    channelVersion,
    kind: 'timer',
    type: timer.name,
    sender: 'bithive',
    contentType: 'application/json',
    receivedAtMs: nowMs,
    keys: [timer.key],
    searchKeys: [],
    body: { kind: 'inline', bytes: new TextEncoder().encode(timer.payload) },
    facts: { dueAtMs: timer.due_at },
  };
}

export const takeTimersStatement: Statement = {
  name: 'take-timers',
  text: `DELETE FROM timers WHERE mark = ANY(ARRAY(
      SELECT mark FROM timers WHERE channel = $1 AND due_at <= $2::bigint ORDER BY due_at LIMIT $3))
    RETURNING key, name, due_at, payload`,
};
