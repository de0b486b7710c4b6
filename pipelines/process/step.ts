import type { Finding } from '../../core/inference.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { Message, MessageKind } from '../../core/message.ts';
import type { OrderFacts } from '../../core/order.ts';
import type { StateItem, StateKey, StoredBlob, TimerSet } from '../../core/ports/index.ts';
import type { Study } from '../../core/study.ts';
import type { Hl7Message } from '../../formats/hl7v2/index.ts';
import type { Subject } from './subject.ts';

/**
 * Something a step made that destinations may send. Each destination of the channel gets the products whose content type it
 * takes.
 */
export interface Product {
  readonly contentType: string;
  readonly bytes: Uint8Array;
  /** In the place of `bytes`: a body that is in the blob store. */
  readonly blob?: StoredBlob;
  /** Ordering keys (patient, study); the destination's target is put in front to make the lanes. */
  readonly keys: readonly string[];
  readonly priority: number;
  readonly facts?: JsonObject;
  /** Names of the only destinations that get it; absent: all that take its content type. */
  readonly only?: readonly string[];
  /** Names of destinations that do not get it. */
  readonly except?: readonly string[];
}

/** The state that a step may read. Asking for what was not loaded makes the message be processed again with it. */
export interface StateReader {
  get(scope: string, key: string): Json | undefined;
  items(scope: string, key: string): readonly StateItem[];
}

/** What the steps of one message add up to. */
export interface ProcessOutput {
  readonly products: Product[];
  readonly states: (StateKey & { readonly value: Json })[];
  readonly items: (StateKey & StateItem)[];
  readonly timers: TimerSet[];
  report: { [name: string]: Json };
  /** Set by an earlier step for the ones after it. */
  study?: Study;
  order?: OrderFacts;
  /** What may be reported of this message; set by the first step that reports (`reportableFindings`). */
  reportable?: readonly Finding[];
  /** The HL7 v2 message as an earlier step changed it, for the steps and destinations after it. */
  hl7?: Hl7Message;
  /** Destinations that get a message of their own in the place of the original. */
  originalExcept?: readonly string[];
}

export interface StepInput {
  readonly channel: string;
  readonly message: Message;
  readonly subject: Subject;
  readonly state: StateReader;
  /** Ordering keys of the message by the channel's `key`. */
  readonly keys: readonly string[];
}

/**
 * One step of a channel: pure and synchronous. Same input, same output; a fault of the message is a BitHiveError and sends
 * it to quarantine.
 */
export interface Step {
  readonly kind: string;
  readonly takes: readonly MessageKind[];
  /**
   * Makes another message of the one that came, before anything of the channel looks at it: with what only the store and secrets know. A step that
   * has this stands first in its channel. A fault of the message is a BitHiveError and sends it to quarantine.
   */
  readonly prepare?: (message: Message) => Promise<Message>;
  /** A destination, of whatever channel, by which objects leave de-identified: what comes back of them is its concern. */
  readonly sentBy?: { readonly channel: string; readonly destination: string };
  /** It prints the message again, so the message must be read with its large documents in their places. */
  readonly needsWhole?: boolean;
  /** Names of the destinations that it is for; each must be one of the channel. */
  readonly destinations?: readonly string[];
  /** Destinations that it asks something, and what they must take for it. */
  readonly asks?: readonly { readonly destination: string; readonly contentType: string }[];
  apply(input: StepInput, output: ProcessOutput): void;
}
