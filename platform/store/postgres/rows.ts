import type { Delivery, DeliverySummary, LeasedDelivery } from '../../../core/delivery.ts';
import { type BlobHash, deliveryId, messageId } from '../../../core/ids.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { Body, BodySize, Message, MessageKind, MessageSummary, Refusal } from '../../../core/message.ts';
import type { MessageFacts } from '../../../core/ports/index.ts';
import { stateOf, statusOf } from '../sqlite/codes.ts';
import { unpackSearchKeys } from '../sqlite/terms/search-terms.ts';

interface BlobColumns {
  readonly blob_hash: string | null;
  readonly blob_bytes: number | null;
}
interface BodyColumns extends BlobColumns {
  readonly body: Buffer | null;
}
interface SizeColumns extends BlobColumns {
  readonly body_bytes: number | null;
}

interface MessageFactsRow extends BlobColumns {
  readonly seq: number;
  readonly channel: string;
  readonly channel_version: number;
  readonly kind: string;
  readonly type: string;
  readonly sender: string;
  readonly content_type: string;
  readonly received_at: number;
  readonly keys: readonly string[] | null;
  readonly search_keys: string | null;
  readonly dedupe_key: string | null;
  readonly content_hash: string | null;
  readonly conflicts_with: number | null;
  readonly refusal: string | null;
  readonly facts: string | null;
  readonly parent: number | null;
  readonly replay_of: number | null;
  readonly processed_at: number | null;
  readonly processing_refusal: string | null;
  readonly status: number;
}

export type MessageOwnFactsRow = BlobColumns & Pick<MessageFactsRow, 'seq' | 'status' | 'facts'>;
export type MessageRow = MessageFactsRow & BodyColumns;
export type MessageSummaryRow = MessageFactsRow & SizeColumns;

interface DeliveryFactsRow extends BlobColumns {
  readonly id: number;
  readonly message: number;
  readonly channel: string;
  readonly channel_version: number;
  readonly destination: string;
  readonly state: number;
  readonly priority: number;
  readonly position: number;
  readonly lanes: string;
  readonly due_at: number;
  readonly expires_at: number;
  readonly created_at: number;
  readonly attempts: number;
  readonly lease_owner: string | null;
  readonly lease_epoch: number;
  readonly lease_until: number | null;
  readonly settled_at: number | null;
  readonly last_error: string | null;
  readonly content_type: string;
  readonly facts: string | null;
}

export type DeliveryRow = DeliveryFactsRow & BodyColumns;
export type DeliverySummaryRow = DeliveryFactsRow & SizeColumns;

/** Status of a message `m` with its outcome `o`. */
export const statusSql = 'coalesce(o.status, CASE WHEN m.refusal IS NULL THEN 2 ELSE 5 END)';
/** Columns of a message with what processing added; one list, so that every reader sees the same. */
const messageFacts = `m.seq, m.channel, m.channel_version, m.kind, m.type, m.sender, m.content_type, m.received_at, m.keys,
  m.search_keys, m.dedupe_key, m.content_hash, m.conflicts_with, m.refusal, m.facts, m.parent, m.replay_of, m.blob_hash,
  m.blob_bytes, o.processed_at, o.refusal AS processing_refusal, ${statusSql} AS status`;
export const messageSelection = `${messageFacts}, m.body`;
/** The length of a value that is kept apart (TOAST) stands in the row: it is not fetched. */
export const messageSummarySelection = `${messageFacts}, octet_length(m.body) AS body_bytes`;
export const messageOwnFactsSelection = `m.seq, m.facts, m.blob_hash, m.blob_bytes, ${statusSql} AS status`;
export const messageColumns = `${messageSelection} FROM messages m LEFT JOIN outcomes o ON o.seq = m.seq`;
export const deliverySelection = 'd.*, b.body';
export const deliverySummarySelection = 'd.*, octet_length(b.body) AS body_bytes';
export const deliveryColumns = `${deliverySelection} FROM deliveries d LEFT JOIN delivery_bodies b ON b.id = d.id`;

const parsed = <T>(text: string): T => JSON.parse(text) as T;

export function messageOf(row: MessageRow): Message {
  return { ...messageFactsOf(row), body: bodyOf(row) };
}

export function messageSummaryOf(row: MessageSummaryRow): MessageSummary {
  return { ...messageFactsOf(row), bodySize: bodySizeOf(row) };
}

export function messageOwnFactsOf(row: MessageOwnFactsRow): MessageFacts {
  return {
    id: messageId(row.seq),
    status: statusOf(row.status),
    ...(row.facts === null ? {} : { facts: parsed<JsonObject>(row.facts) }),
    ...(row.blob_hash === null
      ? {}
      : { blob: { hash: row.blob_hash as BlobHash, bytesCount: row.blob_bytes ?? 0 } }),
  };
}

function messageFactsOf(row: MessageFactsRow): Omit<Message, 'body'> {
  const refusal = row.processing_refusal ?? row.refusal;
  return {
    id: messageId(row.seq),
    channel: row.channel,
    channelVersion: row.channel_version,
    status: statusOf(row.status),
    kind: row.kind as MessageKind,
    type: row.type,
    sender: row.sender,
    contentType: row.content_type,
    receivedAtMs: row.received_at,
    keys: row.keys ?? [],
    searchKeys: unpackSearchKeys(row.search_keys),
    ...(row.dedupe_key === null
      ? {}
      : { dedupe: { key: row.dedupe_key, contentHash: row.content_hash ?? '' } }),
    ...(refusal === null ? {} : { refusal: parsed<Refusal>(refusal) }),
    ...(row.facts === null ? {} : { facts: parsed<JsonObject>(row.facts) }),
    ...(row.parent === null ? {} : { parent: messageId(row.parent) }),
    ...(row.replay_of === null ? {} : { replayOf: messageId(row.replay_of) }),
    ...(row.conflicts_with === null ? {} : { conflictsWith: messageId(row.conflicts_with) }),
    ...(row.processed_at === null ? {} : { processedAtMs: row.processed_at }),
  };
}

export function deliveryOf(row: DeliveryRow): Delivery {
  return { ...deliveryFactsOf(row), body: bodyOf(row) };
}

export function deliverySummaryOf(row: DeliverySummaryRow): DeliverySummary {
  return { ...deliveryFactsOf(row), bodySize: bodySizeOf(row) };
}

function deliveryFactsOf(row: DeliveryFactsRow): Omit<Delivery, 'body'> {
  return {
    id: deliveryId(row.id),
    messageId: messageId(row.message),
    channel: row.channel,
    channelVersion: row.channel_version,
    destination: row.destination,
    state: stateOf(row.state),
    lanes: parsed<string[]>(row.lanes),
    priority: row.priority,
    dueAtMs: row.due_at,
    expiresAtMs: row.expires_at,
    createdAtMs: row.created_at,
    attempts: row.attempts,
    contentType: row.content_type,
    ...(row.facts === null ? {} : { facts: parsed<JsonObject>(row.facts) }),
    ...(row.settled_at === null ? {} : { settledAtMs: row.settled_at }),
    ...(row.last_error === null ? {} : { lastError: parsed<Refusal>(row.last_error) }),
  };
}

export function leasedDeliveryOf(row: DeliveryRow): LeasedDelivery {
  return {
    ...deliveryOf(row),
    leaseOwner: row.lease_owner ?? '',
    leaseEpoch: row.lease_epoch,
    leaseUntilMs: row.lease_until ?? 0,
  };
}

function bodyOf({ blob_hash, blob_bytes, body }: BodyColumns): Body {
  if (blob_hash !== null) return { kind: 'blob', hash: blob_hash as BlobHash, bytesCount: blob_bytes ?? 0 };
  if (body === null) return { kind: 'inline', bytes: new Uint8Array(0) };
  return { kind: 'inline', bytes: new Uint8Array(body.buffer, body.byteOffset, body.byteLength) };
}

function bodySizeOf({ blob_hash, blob_bytes, body_bytes }: SizeColumns): BodySize {
  if (blob_hash !== null) return { bytesCount: blob_bytes ?? 0, hash: blob_hash as BlobHash };
  return { bytesCount: body_bytes ?? 0 };
}
