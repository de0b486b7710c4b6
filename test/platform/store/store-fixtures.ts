import type { NewDelivery } from '../../../core/delivery.ts';
import { type MessageId, messageId } from '../../../core/ids.ts';
import type { NewMessage, SearchKey } from '../../../core/message.ts';
import type { ChannelLease, ProcessedMessage, Store } from '../../../core/ports/index.ts';

export const startMs = 1_700_000_000_000;
export const textBytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A small ADT message of channel `adt`; what a test is about is said in `change`. */
export function message(change: Partial<NewMessage> = {}): NewMessage {
  return {
    channel: 'adt',
    channelVersion: 1,
    kind: 'hl7v2',
    type: 'ADT^A04',
    sender: 'HIS|HOSPITAL',
    contentType: 'application/hl7-v2',
    receivedAtMs: startMs,
    keys: [],
    searchKeys: [],
    body: { kind: 'inline', bytes: textBytes('MSH|^~\\&|HIS\r') },
    ...change,
  };
}

export function delivery(change: Partial<NewDelivery> = {}): NewDelivery {
  return {
    destination: 'ehr',
    lanes: [],
    priority: 0,
    dueAtMs: startMs,
    expiresAtMs: startMs + 3_600_000,
    contentType: 'application/fhir+json',
    body: { kind: 'inline', bytes: textBytes('{}') },
    ...change,
  };
}

export function processed(id: MessageId, change: Partial<ProcessedMessage> = {}): ProcessedMessage {
  return {
    id,
    status: 'processed',
    processedAtMs: startMs,
    deliveries: [],
    states: [],
    items: [],
    timers: [],
    ...change,
  };
}

export const dedupe = (key: string, contentHash = 'content') => ({ dedupe: { key, contentHash } });
export const keys = (...searchKeys: SearchKey[]) => ({ searchKeys });

/** A message of channel `adt` that was processed into these deliveries; answers their ids. */
export async function deliver(store: Store, lease: ChannelLease, deliveries: readonly NewDelivery[]) {
  const { id } = await store.accept(message());
  const {
    ids: [ids],
  } = await store.commitProcessed(lease, [processed(id, { deliveries })]);
  return ids!;
}

export async function leaseAdt(store: Store): Promise<ChannelLease> {
  const lease = await store.leaseChannel('adt', 'owner', 30_000);
  if (lease === null) throw new TypeError('the channel is free in a new store');
  return lease;
}

export const claim = (
  store: Store,
  change: { nowMs?: number; limit?: number; owner?: string; destination?: string } = {},
) =>
  store.leaseDeliveries({
    channel: 'adt',
    destination: 'ehr',
    owner: 'sender',
    nowMs: startMs,
    leaseMs: 10_000,
    limit: 100,
    ...change,
  });

export const refusal = { code: 'BH_DELIVERY_UNREACHABLE', detail: 'connection refused' };
export const noMessage = messageId(999_999);
