import type { DeliveryId } from '../../../../core/ids.ts';
import type { Work } from '../../../../core/ports/index.ts';
import { stateCode, stateOf } from '../../sqlite/codes.ts';
import { wholeMs } from '../clean-text.ts';
import type { Session } from '../session-pool.ts';
import { type DeliveryInHand, holdDeliveries, markList } from './hold-deliveries.ts';
import { leaveLanes, readLanes } from './lanes.ts';
import type { Applied } from './processing.ts';
import { enterLanesStatement, reopenStatement, settleDeliveriesStatement } from './settle-sql.ts';

export interface ResolveRequest {
  readonly id: DeliveryId;
  readonly word: 'retry' | 'delivered' | 'cancel';
  readonly nowMs: number;
}
const refused: Applied<boolean> = { value: false, work: [] };

/** An operator's word. False when it does not apply to the state that the delivery is in. */
export async function resolveDelivery(session: Session, request: ResolveRequest): Promise<Applied<boolean>> {
  const row = (await holdDeliveries(session, [request.id])).get(request.id);
  if (!row) return refused;
  const { word } = request;
  const nowMs = wholeMs(request.nowMs);
  const state = stateOf(row.state);
  const isFailed = state === 'dead' || state === 'unknown';
  if (word === 'retry' && isFailed) return bringBack(session, row, nowMs);
  if (word === 'delivered' && isFailed) return end(session, row, 'delivered', nowMs);
  if (word === 'cancel' && isFailed) return end(session, row, 'cancelled', nowMs);
  if (word === 'cancel' && (state === 'queued' || state === 'due')) {
    await end(session, row, 'cancelled', nowMs);
    const promoted = await leaveLanes(session, [row], markList([row]));
    return { value: true, work: promoted.map(workOf) };
  }
  if (word === 'retry' && state === 'due') {
    await change(session, { id: row.id, state: row.state, due_at: nowMs });
    return { value: true, work: [workOf(row)] };
  }
  return refused;
}

const workOf = ({ channel, destination }: { channel: string; destination: string }): Work => ({
  kind: 'deliveries',
  channel,
  destination,
});

async function change(session: Session, row: object): Promise<void> {
  await session.query(settleDeliveriesStatement, [JSON.stringify([row])]);
}

async function end(
  session: Session,
  row: DeliveryInHand,
  state: 'delivered' | 'cancelled',
  nowMs: number,
): Promise<Applied<boolean>> {
  await change(session, { id: row.id, state: stateCode[state], settled_at: nowMs });
  return { value: true, work: [] };
}

/** It stands last in its lanes: those behind it have gone on meanwhile. */
async function bringBack(session: Session, row: DeliveryInHand, nowMs: number): Promise<Applied<boolean>> {
  const { positions, occupied } = await readLanes(session, row.lane_marks, 1);
  const isFirst = occupied.size === 0;
  const state = isFirst ? stateCode.due : stateCode.queued;
  await session.query(reopenStatement, [row.id, state, positions[0], nowMs]);
  await session.query(enterLanesStatement, [row.id, positions[0], row.lane_marks]);
  return { value: true, work: isFirst ? [workOf(row)] : [] };
}
