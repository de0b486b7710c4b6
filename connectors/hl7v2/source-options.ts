import type { Arrival } from '../../core/message.ts';
import type { Accept, Acceptance, Blobs, Clock, Logger, Metrics, Random } from '../../core/ports/index.ts';
import type { ListenerTls } from '../tls.ts';
import type { StrictRules } from './arrival.ts';

/** The moment of the channel's `ack`. The runtime resolves `accept` at it; the source itself must know `none` only. */
export type AckMoment = 'stored' | 'mapped' | 'delivered' | 'from' | 'none';

export interface MllpSourceOptions {
  /** Name in logs and metrics: the channel's. */
  readonly name: string;
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly tls?: ListenerTls;
  readonly ack: AckMoment;
  readonly fallbackCharset?: string;
  readonly strict?: StrictRules;
  /** MSH-3 of answers to what cannot be read; default `BITHIVE`. */
  readonly application?: string;
  readonly messageBytesMax?: number;
  readonly connectionsMax?: number;
  /** An unfinished frame must end, or grow by 64 KiB, within this time. */
  readonly frameIdleMs?: number;
  /** Silence after an end block without CR that ends the frame all the same. */
  readonly endQuietMs?: number;
  /** Frames of one connection that are accepted and not yet answered; past it the connection is not read. */
  readonly framesInFlightMax?: number;
  /** See `limits.hl7BufferedBytesMax`; at least three times `messageBytesMax`. */
  readonly bufferedBytesMax?: number;
  /** See `limits.hl7BufferTurnMs`. */
  readonly bufferTurnMs?: number;
  /** See `limits.hl7AnswersUnreadMs`. */
  readonly answersUnreadMs?: number;
  /** Where bodies over `limits.inlineBodyBytesMax` are put before they are accepted; absent: they stay inline. */
  readonly blobs?: Blobs;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/**
 * `Accept` of the port, with a place for the moment between: a runtime whose `ack` is later than `stored` calls `stored` once the arrival
 * is durable, so that an enhanced-mode sender gets its CA then. A runtime that ignores it delays the CA to the answer.
 */
export type StagedAccept = (arrival: Arrival, stored?: (id: Acceptance['id']) => void) => Promise<Acceptance>;

/** Every plain `Accept` is a staged one. */
export const staged = (accept: Accept): StagedAccept => accept;
