import type { DeliveryState } from '../../../core/delivery.ts';
import type { MessageStatus } from '../../../core/message.ts';

/** Numbers under which states are stored. All take one byte in a record: see migrations/0001-first.ts. */
export const statusCode: Readonly<Record<MessageStatus, number>> = {
  received: 2,
  processed: 3,
  filtered: 4,
  quarantined: 5,
};
export const stateCode: Readonly<Record<DeliveryState, number>> = {
  queued: 2,
  due: 3,
  leased: 4,
  delivered: 5,
  dead: 6,
  unknown: 7,
  cancelled: 8,
};

const statuses = new Map(Object.entries(statusCode).map(([name, code]) => [code, name as MessageStatus]));
const states = new Map(Object.entries(stateCode).map(([name, code]) => [code, name as DeliveryState]));

export const statusOf = (code: number): MessageStatus => statuses.get(code)!;
export const stateOf = (code: number): DeliveryState => states.get(code)!;
