import type { DeliveryId, MessageId } from './ids.ts';
import type { JsonObject } from './json.ts';
import type { Arrival, Body, BodySize, Refusal } from './message.ts';

/**
 * Everything the engine does to the outside is a delivery.
 *
 * - *queued*: another delivery is ahead of it in one of its lanes.
 * - *due*: first in all its lanes; sent when `dueAtMs` has come.
 * - *leased*: an owner is sending it. A lease that ran out makes it due again, under a higher epoch.
 * - *delivered*, *dead*, *unknown*, *cancelled*: ended. `unknown` is the honest state for a receiver that took the bytes and
 *   whose answer was lost; an operator resolves it, the engine never guesses.
 */
export type DeliveryState = 'queued' | 'due' | 'leased' | 'delivered' | 'dead' | 'unknown' | 'cancelled';
export const openDeliveryStates: readonly DeliveryState[] = ['queued', 'due', 'leased'];

export interface NewDelivery {
  /** The destination's name within its channel. */
  readonly destination: string;
  /** Order is kept among deliveries that share a lane: `<target>|<ordering key>`. Empty: no order. */
  readonly lanes: readonly string[];
  /** Higher is sent first among those that are due; 0 routine, 5 urgent, 9 stat. Never overtakes within a lane. */
  readonly priority: number;
  readonly dueAtMs: number;
  /** After this moment a failing delivery is dead instead of retried. */
  readonly expiresAtMs: number;
  readonly contentType: string;
  readonly body: Body;
  /** What the destination needs beside the body (HTTP method and path, model name ...). */
  readonly facts?: JsonObject;
}

export interface Delivery extends NewDelivery {
  readonly id: DeliveryId;
  readonly messageId: MessageId;
  readonly channel: string;
  readonly channelVersion: number;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly createdAtMs: number;
  readonly settledAtMs?: number;
  /** Why the last attempt failed, or why it is dead or unknown. */
  readonly lastError?: Refusal;
}

/** A delivery as a list shows it: everything but the body. */
export interface DeliverySummary extends Omit<Delivery, 'body'> {
  readonly bodySize: BodySize;
}

/** A delivery that this owner may send until `leaseUntilMs`. The epoch fences it: a result under an older one is refused. */
export interface LeasedDelivery extends Delivery {
  readonly leaseOwner: string;
  readonly leaseEpoch: number;
  readonly leaseUntilMs: number;
}

/** What a destination says of one attempt. */
export type DeliveryOutcome =
  | { readonly kind: 'delivered'; readonly answer?: Arrival; readonly note?: string }
  | { readonly kind: 'retry'; readonly error: Refusal; readonly retryAfterMs?: number }
  | { readonly kind: 'dead'; readonly error: Refusal; readonly answer?: Arrival }
  | { readonly kind: 'unknown'; readonly error: Refusal };

/** One attempt, kept so that an operator sees why a message waits. */
export interface DeliveryAttempt {
  readonly attempt: number;
  readonly atMs: number;
  readonly outcome: DeliveryOutcome['kind'];
  readonly error?: Refusal;
}
