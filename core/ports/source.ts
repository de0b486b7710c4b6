import type { MessageId } from '../ids.ts';
import type { Arrival, Refusal } from '../message.ts';

/**
 * What the engine says of an arrival, at the moment that the channel's `ack` names.
 * - `accepted`: durable, and as far as the moment asks; `warning` is told where the protocol has a place for it.
 * - `refused`: durable in quarantine with the reason.
 * - `relayed`: the answer of the destination that `ack: from X` names, as bytes for the sender.
 * A store that cannot commit rejects the promise with BH_STORE_*: nothing was kept, the sender keeps the message.
 */
export type Acceptance =
  | {
      readonly kind: 'accepted';
      readonly id: MessageId;
      readonly duplicate: boolean;
      readonly warning?: Refusal;
    }
  | { readonly kind: 'refused'; readonly id: MessageId; readonly duplicate: boolean; readonly error: Refusal }
  | {
      readonly kind: 'relayed';
      readonly id: MessageId;
      readonly duplicate: boolean;
      readonly answer: Uint8Array;
    };

/**
 * @param stored called once the arrival is durable, for protocols that answer twice (HL7 v2 enhanced mode: commit, then application)
 */
export type Accept = (arrival: Arrival, stored?: (id: MessageId) => void) => Promise<Acceptance>;

/** Where a source listens, for the ready line and the console. */
export interface Listening {
  /** The channel behind the door; absent for a door that is no channel's (the API). */
  readonly channel?: string;
  readonly protocol: string;
  readonly host: string;
  readonly port: number;
  readonly path?: string;
}

/** The inbound edge of a connector. */
export interface Source {
  /** Opens the door. Everything that comes in goes through `accept` before it is acknowledged. */
  start(accept: Accept): Promise<Listening>;
  /** Stops reading, answers what was read, closes. Resolves when the last answer has left or `graceMs` is over. */
  stop(graceMs: number): Promise<void>;
}
