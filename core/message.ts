import type { BlobHash, MessageId } from './ids.ts';
import type { JsonObject } from './json.ts';

/**
 * Everything that comes in is a message.
 *
 * Glossary
 * - *arrival*: what a connector hands over, before the store has numbered it.
 * - *ordering key*: messages that share one are processed and delivered in order of acceptance. A merge holds two.
 * - *search key*: a clinical or business name under which an operator finds the message (MRN, accession number ...).
 * - *notice*: what is heard of a study beside its instances (`StudyNotice`).
 * - *batch*: a file or frame of several messages, kept as it came; each message in it is one of its own with the batch as parent.
 * - *quarantined*: kept, answered with a coded refusal, never processed unless an operator replays it.
 */
export const messageKinds = [
  'hl7v2',
  'fhir',
  'dicom',
  'notice',
  'finding',
  'answer',
  'timer',
  'batch',
] as const;
export type MessageKind = (typeof messageKinds)[number];

export type MessageStatus = 'received' | 'processed' | 'filtered' | 'quarantined';

/** Names under which a message can be found. `sop-uid` and `study-uid` are DICOM UIDs; `order` is a placer or filler number. */
export const searchKeyNames = [
  'mrn',
  'visit',
  'accession',
  'control-id',
  'study-uid',
  'sop-uid',
  'order',
  'invoice',
] as const;
export type SearchKeyName = (typeof searchKeyNames)[number];
export type SearchKey = readonly [name: SearchKeyName, value: string];

/** A body is held inline up to `limits.inlineBodyBytesMax`, else in the blob store under its hash. */
export type Body =
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  | { readonly kind: 'blob'; readonly hash: BlobHash; readonly bytesCount: number };

/** What is known of a body without reading it. */
export interface BodySize {
  readonly bytesCount: number;
  /** Set where the body is in the blob store. */
  readonly hash?: BlobHash;
}

export const bodySizeOf = (body: Body): BodySize =>
  body.kind === 'inline'
    ? { bytesCount: body.bytes.length }
    : { bytesCount: body.bytesCount, hash: body.hash };

/** Why an input was refused: a code of the error catalogue and one sentence for the operator. */
export interface Refusal {
  readonly code: string;
  readonly detail: string;
}

/** What a connector hands to `accept`. */
export interface Arrival {
  readonly kind: MessageKind;
  /** The field's name of what it is: `ADT^A04`, `Bundle`, a SOP Class UID, a timer's name. Shown and searched, never parsed. */
  readonly type: string;
  /** Who sent it: `MSH-3|MSH-4`, the calling AE title, the token's subject, a destination's name for an answer. */
  readonly sender: string;
  readonly contentType: string;
  readonly body: Body;
  readonly searchKeys: readonly SearchKey[];
  /** Same key and same hash: a duplicate, answered again and processed once. Same key, other hash: kept and flagged. */
  readonly dedupe?: { readonly key: string; readonly contentHash: string };
  readonly refusal?: Refusal;
  /** The batch that it came in. */
  readonly parent?: MessageId;
  /** Facts that the connector read on the way and a step may use without opening the body (DICOM attributes, HTTP headers). */
  readonly facts?: JsonObject;
}

/** An arrival bound to a channel: what `Store.accept` makes durable. */
export interface NewMessage extends Arrival {
  readonly channel: string;
  readonly channelVersion: number;
  readonly receivedAtMs: number;
  /** Ordering keys; empty when the channel keeps no order. */
  readonly keys: readonly string[];
  /** Set on a replay: the message whose bytes are processed again. */
  readonly replayOf?: MessageId;
}

export interface Message extends NewMessage {
  readonly id: MessageId;
  readonly status: MessageStatus;
  /** Set when another message had the same dedupe key and another content. */
  readonly conflictsWith?: MessageId;
  readonly processedAtMs?: number;
}

/** A message as a list shows it: everything but the body. */
export interface MessageSummary extends Omit<Message, 'body'> {
  readonly bodySize: BodySize;
}
