import type {
  Delivery,
  DeliveryAttempt,
  DeliveryOutcome,
  DeliverySummary,
  LeasedDelivery,
  NewDelivery,
} from '../delivery.ts';
import type { DeliveryId, MessageId } from '../ids.ts';
import type { Json, JsonObject } from '../json.ts';
import type {
  Message,
  MessageKind,
  MessageStatus,
  MessageSummary,
  NewMessage,
  Refusal,
  SearchKeyName,
} from '../message.ts';
import type { AuditEvent } from './audit-sink.ts';
import type { StoredBlob } from './blobs.ts';

/**
 * The one truth: inbox, outbox, states, timers, audit. Every method that writes resolves after its transaction is durable (synced
 * to disk); concurrent writers share one transaction. Rejections: BH_STORE_FULL, BH_STORE_IO, BH_STORE_BUSY,
 * BH_STORE_CLOSED; BH_STORE_FENCED where a lease is asked for.
 */
export interface Store {
  // --- accept -----------------------------------------------------------------------------------------------------------
  /** Makes an arrival durable and numbers it. A refused arrival is stored `quarantined`. */
  accept(message: NewMessage): Promise<AcceptReceipt>;

  // --- process ----------------------------------------------------------------------------------------------------------
  /** Takes or renews the right to process a channel; null while another owner holds it. */
  leaseChannel(channel: string, owner: string, leaseMs: number): Promise<ChannelLease | null>;
  releaseChannel(lease: ChannelLease): Promise<void>;
  /** Messages of the channel with status `received`, oldest first. */
  nextMessages(channel: string, limit: number): Promise<readonly Message[]>;
  /** States as they stand; absent keys are left out. `items` are read only for the keys that ask. */
  readStates(keys: readonly StateRequest[]): Promise<readonly StateValue[]>;
  /**
   * One transaction: the messages become `processed`, `filtered` or `quarantined`; their deliveries, states, items and timers are
   * written. All or nothing for the whole batch; rejected with BH_STORE_FENCED when the lease is not held any more.
   *
   * @param claims leases what is due at once in the same transaction, which spares a second one; a store may leave them unused
   */
  commitProcessed(
    lease: ChannelLease,
    results: readonly ProcessedMessage[],
    claims?: readonly DeliveryClaim[],
  ): Promise<CommitReceipt>;
  /** Turns timers of the channel that are due into messages of kind `timer` (type = name, keys = [key], body = payload JSON). */
  fireTimers(lease: ChannelLease, channelVersion: number, nowMs: number, limit: number): Promise<number>;
  /** When the channel's next timer is due; null when it has none. */
  nextTimerMs(channel: string): Promise<number | null>;

  // --- deliver ----------------------------------------------------------------------------------------------------------
  /**
   * Leases deliveries that are due: first in their lanes, by priority then due time then id. Leases that ran out are taken
   * first. The attempt is counted and durable before this resolves, so a crash between send and settle is seen.
   */
  leaseDeliveries(request: LeaseRequest): Promise<readonly LeasedDelivery[]>;
  renewDeliveries(leases: readonly DeliveryLease[], untilMs: number): Promise<readonly DeliveryId[]>;
  /**
   * Ends or reschedules an attempt, and accepts the answer as a message (parent = the delivery's message) in the same
   * transaction. BH_STORE_FENCED under an older epoch: the result is dropped, the newer owner's stands.
   */
  settleDelivery(lease: DeliveryLease, settlement: Settlement): Promise<SettleReceipt>;
  /** When the next delivery of the destination is due or its lease ends; null when nothing is open. */
  nextDeliveryMs(channel: string, destination: string): Promise<number | null>;

  // --- operate ----------------------------------------------------------------------------------------------------------
  getMessage(id: MessageId): Promise<Message | null>;
  getDelivery(id: DeliveryId): Promise<Delivery | null>;
  /** Newest first. */
  searchMessages(query: MessageQuery): Promise<readonly Message[]>;
  searchDeliveries(query: DeliveryQuery): Promise<readonly Delivery[]>;
  /** As the searches, without reading a body: for lists, of which one may stand for hundreds of megabytes. */
  listMessages(query: MessageQuery): Promise<readonly MessageSummary[]>;
  listDeliveries(query: DeliveryQuery): Promise<readonly DeliverySummary[]>;
  /** As `listMessages`, of each only what it says of itself: for who looks through thousands, at a fifth of the cost. */
  listFacts(query: MessageQuery): Promise<readonly MessageFacts[]>;
  lineage(id: MessageId): Promise<Lineage>;
  attempts(id: DeliveryId): Promise<readonly DeliveryAttempt[]>;
  /** An operator's word on a dead or unknown delivery (`retry`, `delivered`) or an open one (`cancel`, `retry` now). */
  resolveDelivery(id: DeliveryId, word: 'retry' | 'delivered' | 'cancel', nowMs: number): Promise<boolean>;
  depths(nowMs: number): Promise<Depths>;
  /**
   * Removes ended messages that are older, with their deliveries and the facts that they were the last to publish; returns how many messages.
   * Open work and its lineage stay.
   */
  prune(request: {
    readonly beforeMs: number;
    readonly channel?: string;
    readonly limit: number;
  }): Promise<number>;
  /**
   * Blob hashes still named by a message, a delivery or a fact under a state (its `blob`: the instances of a study), each once, in ascending
   * order, for the sweep of orphans.
   */
  blobsInUse(): AsyncIterable<string>;

  // --- definitions, audit -----------------------------------------------------------------------------------------------
  /** Stores a channel's text if it differs from the version in force, and returns the version. */
  deployChannel(channel: string, text: string, nowMs: number): Promise<number>;
  channelText(channel: string, version: number): Promise<string | null>;
  appendAudit(event: AuditEvent): Promise<number>;
  readAudit(fromSeq: number, limit: number): Promise<readonly StoredAuditEvent[]>;

  /** Calls back after a commit that may have given work to somebody in this process or, where the store can tell, another. */
  onWork(listener: (work: Work) => void): () => void;

  // --- keep -------------------------------------------------------------------------------------------------------------
  /** Consistent copy into an empty folder while work goes on; everything acknowledged before the call is in it. */
  backup(folder: string): Promise<{ readonly throughMessageId: number }>;
  health(): Promise<StoreHealth>;
  close(): Promise<void>;
}

export interface AcceptReceipt {
  readonly id: MessageId;
  /** `duplicate`: `id` is the first one's and nothing was stored. `conflict`: stored and flagged. */
  readonly outcome: 'stored' | 'duplicate' | 'conflict';
  /** Status and refusal of the message that stands, so that a duplicate gets the same answer again. */
  readonly status: MessageStatus;
  readonly refusal?: Refusal;
}

export interface ChannelLease {
  readonly channel: string;
  readonly owner: string;
  readonly epoch: number;
}

export interface StateKey {
  /**
   * A channel's name or one below it (`imaging-ai/seen`): the channel's own state, which it ends itself. Else a scope such as `order` that several
   * channels read: a published fact, which goes with the message that wrote it last (`prune`).
   */
  readonly scope: string;
  readonly key: string;
}
export interface StateRequest extends StateKey {
  readonly withItems: boolean;
}
export interface StateValue extends StateKey {
  readonly value: Json;
  readonly items?: readonly StateItem[];
}
/** One of many facts under a state (an instance of a study); written once per `itemKey`, the last one stands. */
export interface StateItem {
  readonly itemKey: string;
  readonly value: Json;
}

export interface TimerSet {
  readonly key: string;
  readonly name: string;
  /** null cancels it. One timer per channel, key and name: setting it again moves it. */
  readonly dueAtMs: number | null;
  readonly payload?: JsonObject;
}

/** What `process` decided about one message. */
export interface ProcessedMessage {
  readonly id: MessageId;
  readonly status: 'processed' | 'filtered' | 'quarantined';
  readonly refusal?: Refusal;
  readonly processedAtMs: number;
  readonly deliveries: readonly NewDelivery[];
  /** null value removes the state and its items. */
  readonly states: readonly (StateKey & { readonly value: Json })[];
  readonly items: readonly (StateKey & StateItem)[];
  readonly timers: readonly TimerSet[];
  /** Residue and issues of the mapping, shown to the operator with the message. */
  readonly report?: JsonObject;
}

/** Deliveries of a destination that an owner would send at once, at most `limit`. */
export interface DeliveryClaim {
  readonly destination: string;
  readonly owner: string;
  readonly nowMs: number;
  readonly leaseMs: number;
  readonly limit: number;
}

export interface LeaseRequest extends DeliveryClaim {
  readonly channel: string;
}

/** What a commit of processed messages wrote. */
export interface CommitReceipt {
  /** The deliveries of each result, in its order. */
  readonly ids: readonly (readonly DeliveryId[])[];
  /** Those that the claims got: the first attempt of each is counted and durable. */
  readonly leased: readonly DeliveryLease[];
}

export interface DeliveryLease {
  readonly id: DeliveryId;
  readonly leaseOwner: string;
  readonly leaseEpoch: number;
}

export interface Settlement {
  readonly outcome: DeliveryOutcome;
  readonly atMs: number;
  /** For `retry`: when to try again. */
  readonly nextDueAtMs?: number;
  /** The answer bound to the channel, ready to be accepted; `searchKeys` are joined with those of the parent. */
  readonly answer?: NewMessage;
}

export interface SettleReceipt {
  readonly answerId?: MessageId;
}

export interface MessageQuery {
  /** All must match, exactly. */
  readonly keys?: readonly { readonly name: SearchKeyName; readonly value: string }[];
  readonly channel?: string;
  readonly kind?: MessageKind;
  readonly type?: string;
  readonly status?: MessageStatus;
  readonly sinceMs?: number;
  readonly untilMs?: number;
  /** Only messages older than this one (paging). */
  readonly before?: MessageId;
  readonly limit: number;
}

export interface MessageFacts {
  readonly id: MessageId;
  readonly status: MessageStatus;
  readonly facts?: JsonObject;
  /** Of a body that is a blob. */
  readonly blob?: StoredBlob;
}

export interface DeliveryQuery {
  readonly channel?: string;
  readonly destination?: string;
  readonly state?: Delivery['state'];
  readonly messageId?: MessageId;
  readonly before?: DeliveryId;
  readonly limit: number;
}

export interface Lineage {
  readonly parents: readonly MessageId[];
  readonly children: readonly MessageId[];
  readonly deliveries: readonly DeliveryId[];
  readonly report?: JsonObject;
}

export interface Depths {
  readonly channels: readonly {
    readonly channel: string;
    readonly received: number;
    readonly oldestReceivedAtMs: number | null;
  }[];
  readonly destinations: readonly {
    readonly channel: string;
    readonly destination: string;
    readonly open: number;
    readonly dead: number;
    readonly unknown: number;
    /** Creation time of the oldest that is open. */
    readonly oldestCreatedAtMs: number | null;
  }[];
}

export interface StoredAuditEvent extends AuditEvent {
  readonly seq: number;
  /** SHA-256 over the previous event's hash and this event's canonical JSON. */
  readonly hash: string;
}

export type Work =
  | { readonly kind: 'messages'; readonly channel: string }
  | { readonly kind: 'deliveries'; readonly channel: string; readonly destination: string }
  | { readonly kind: 'processed'; readonly ids: readonly MessageId[] }
  | {
      readonly kind: 'settled';
      readonly messageId: MessageId;
      readonly id: DeliveryId;
      readonly outcome: DeliveryOutcome['kind'];
    }
  /** A commit of another process, or one that was missed: look at everything. */
  | { readonly kind: 'any' };

export interface StoreHealth {
  readonly accepting: boolean;
  readonly engine: string;
  readonly version: string;
  readonly reason?: string;
}
