import type { Blobs, Clock, Logger, Metrics } from '../../../core/ports/index.ts';
import type { AwaitedCommitments } from '../commitment/awaited-commitments.ts';
import type { RemoteNode } from '../upper-layer/request-association.ts';

export interface DimseDestinationOptions {
  /** The destination's name in its channel: the sender of its answers, and the label of its metrics. */
  readonly name: string;
  readonly node: RemoteNode;
  /** Associations at most; each has one object in flight. 2 by default. */
  readonly concurrency?: number;
  /** Set: an object is delivered only when the archive vouches for it (PS3.4 J). What our own node hears of it comes in here. */
  readonly commitments?: AwaitedCommitments;
  /** How long an attempt waits for the archive's word; then the delivery is looked at again later. */
  readonly commitmentWaitMs?: number;
  readonly connectMs?: number;
  readonly answerMs?: number;
  /** An association without work is released after so long. */
  readonly keepMs?: number;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}
