import type { Delivery, DeliverySummary, LeasedDelivery } from '../../../core/delivery.ts';
import { type BlobHash, deliveryId, messageId } from '../../../core/ids.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { Body, BodySize, Message, MessageKind, MessageSummary, Refusal } from '../../../core/message.ts';
import type { MessageFacts } from '../../../core/ports/index.ts';
import { stateOf, statusOf } from './codes.ts';
import type { Row, SqlValue } from './driver.ts';
import { unpackSearchKeys } from './terms/search-terms.ts';

export const text = (value: SqlValue | undefined): string => value as string;
export const textOrNull = (value: SqlValue | undefined): string | null => (value ?? null) as string | null;
export const integer = (value: SqlValue | undefined): number => value as number;
const parsed = <T>(value: SqlValue | undefined): T => JSON.parse(value as string) as T;
const isSet = (value: SqlValue | undefined): boolean => value !== null && value !== undefined;

/** Columns of a message with what processing added; one list, so that every reader sees the same. */
const messageFacts = `m.seq, m.channel, m.status, m.received_at, m.keys, m.search_keys, m.dedupe_key, m.content_hash, m.refusal,
  m.facts, m.parent, m.replay_of, m.conflicts_with, m.blob_hash, m.blob_bytes, g.sender, g.type, g.channel_version, g.kind, g.content_type, o.processed_at,
  o.refusal AS processing_refusal`;
export const messageSelection = `${messageFacts}, m.body`;
/** The length of a blob stands in the head of its row: its pages are not read. */
export const messageSummarySelection = `${messageFacts}, length(m.body) AS body_bytes`;
export const messageOwnFactsSelection = 'm.seq, m.status, m.facts, m.blob_hash, m.blob_bytes';
export const messageColumns = `${messageSelection} FROM messages m LEFT JOIN origins g ON g.id = m.origin
  LEFT JOIN outcomes o ON o.seq = m.seq`;
export const deliverySelection = 'd.*, b.body AS body';
export const deliverySummarySelection = 'd.*, length(b.body) AS body_bytes';
export const deliveryColumns = `${deliverySelection} FROM deliveries d LEFT JOIN delivery_bodies b ON b.id = d.id`;

export function messageOf(row: Row): Message {
  return { ...messageFactsOf(row), body: bodyOf(row) };
}

export function messageSummaryOf(row: Row): MessageSummary {
  return { ...messageFactsOf(row), bodySize: bodySizeOf(row) };
}

export function messageOwnFactsOf(row: Row): MessageFacts {
  return {
    id: messageId(integer(row.seq)),
    status: statusOf(integer(row.status)),
    ...(isSet(row.facts) ? { facts: parsed<JsonObject>(row.facts) } : {}),
    ...(isSet(row.blob_hash)
      ? { blob: { hash: text(row.blob_hash) as BlobHash, bytesCount: integer(row.blob_bytes) } }
      : {}),
  };
}

function messageFactsOf(row: Row): Omit<Message, 'body'> {
  const refusal = row.processing_refusal ?? row.refusal;
  return {
    id: messageId(integer(row.seq)),
    channel: text(row.channel),
    channelVersion: integer(row.channel_version),
    status: statusOf(integer(row.status)),
    kind: text(row.kind) as MessageKind,
    type: text(row.type),
    sender: text(row.sender),
    contentType: text(row.content_type),
    receivedAtMs: integer(row.received_at),
    keys: isSet(row.keys) ? parsed<string[]>(row.keys) : [],
    searchKeys: unpackSearchKeys(textOrNull(row.search_keys)),
    ...(isSet(row.dedupe_key)
      ? { dedupe: { key: text(row.dedupe_key), contentHash: text(row.content_hash) } }
      : {}),
    ...(isSet(refusal) ? { refusal: parsed<Refusal>(refusal) } : {}),
    ...(isSet(row.facts) ? { facts: parsed<JsonObject>(row.facts) } : {}),
    ...(isSet(row.parent) ? { parent: messageId(integer(row.parent)) } : {}),
    ...(isSet(row.replay_of) ? { replayOf: messageId(integer(row.replay_of)) } : {}),
    ...(isSet(row.conflicts_with) ? { conflictsWith: messageId(integer(row.conflicts_with)) } : {}),
    ...(isSet(row.processed_at) ? { processedAtMs: integer(row.processed_at) } : {}),
  };
}

export function deliveryOf(row: Row): Delivery {
  return { ...deliveryFactsOf(row), body: bodyOf(row) };
}

export function deliverySummaryOf(row: Row): DeliverySummary {
  return { ...deliveryFactsOf(row), bodySize: bodySizeOf(row) };
}

function deliveryFactsOf(row: Row): Omit<Delivery, 'body'> {
  return {
    id: deliveryId(integer(row.id)),
    messageId: messageId(integer(row.message)),
    channel: text(row.channel),
    channelVersion: integer(row.channel_version),
    destination: text(row.destination),
    state: stateOf(integer(row.state)),
    lanes: parsed<string[]>(row.lanes),
    priority: integer(row.priority),
    dueAtMs: integer(row.due_at),
    expiresAtMs: integer(row.expires_at),
    createdAtMs: integer(row.created_at),
    attempts: integer(row.attempts),
    contentType: text(row.content_type),
    ...(isSet(row.facts) ? { facts: parsed<JsonObject>(row.facts) } : {}),
    ...(isSet(row.settled_at) ? { settledAtMs: integer(row.settled_at) } : {}),
    ...(isSet(row.last_error) ? { lastError: parsed<Refusal>(row.last_error) } : {}),
  };
}

export function leasedDeliveryOf(row: Row): LeasedDelivery {
  return {
    ...deliveryOf(row),
    leaseOwner: text(row.lease_owner),
    leaseEpoch: integer(row.lease_epoch),
    leaseUntilMs: integer(row.lease_until),
  };
}

function bodyOf(row: Row): Body {
  if (isSet(row.blob_hash)) {
    return { kind: 'blob', hash: text(row.blob_hash) as BlobHash, bytesCount: integer(row.blob_bytes) };
  }
  return { kind: 'inline', bytes: (row.body as Uint8Array | null) ?? new Uint8Array(0) };
}

function bodySizeOf(row: Row): BodySize {
  if (isSet(row.blob_hash)) {
    return { bytesCount: integer(row.blob_bytes), hash: text(row.blob_hash) as BlobHash };
  }
  return { bytesCount: (row.body_bytes ?? 0) as number };
}

export const jsonOrNull = (value: unknown): string | null =>
  value === undefined ? null : JSON.stringify(value);
