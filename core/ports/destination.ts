import type { DeliveryOutcome, LeasedDelivery } from '../delivery.ts';

/** The outbound edge of a connector: one receiver. */
export interface Destination {
  /** `fhir`, `hl7v2`, `grid`, `null` ... */
  readonly kind: string;
  /** Stable name of the receiver, the first part of each lane: two channels that send to one receiver keep one order. */
  readonly target: string;
  /** Deliveries in flight at most; lanes keep their order whatever it is. */
  readonly concurrency: number;
  /**
   * One attempt. Never rejects for what the world does: the outcome says it. The signal aborts on stop or lost lease;
   * an attempt that may have reached the receiver then ends as `unknown` unless the receiver is idempotent.
   */
  send(delivery: LeasedDelivery, signal: AbortSignal): Promise<DeliveryOutcome>;
  close(): Promise<void>;
}
