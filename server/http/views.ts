import type { Delivery, DeliveryAttempt, DeliverySummary } from '../../core/delivery.ts';
import { type BodySize, bodySizeOf, type Message, type MessageSummary } from '../../core/message.ts';

/** Messages and deliveries as the API shows them: everything but the body, times readable. */
const iso = (ms: number) => new Date(ms).toISOString();
const bodyView = ({ bytesCount, hash }: BodySize) =>
  hash === undefined ? { bodyBytes: bytesCount } : { bodyBytes: bytesCount, bodyHash: hash };

export const messageView = ({ body, ...message }: Message) =>
  summaryView({ ...message, bodySize: bodySizeOf(body) });

export function summaryView(message: MessageSummary) {
  const { bodySize, keys, searchKeys, receivedAtMs, processedAtMs, dedupe: _dedupe, ...rest } = message;
  return {
    ...rest,
    ...bodyView(bodySize),
    orderingKeys: keys,
    searchKeys: searchKeys.map(([name, value]) => ({ name, value })),
    receivedAt: iso(receivedAtMs),
    ...(processedAtMs === undefined ? {} : { processedAt: iso(processedAtMs) }),
  };
}

export const deliveryView = ({ body, ...delivery }: Delivery) =>
  deliverySummaryView({ ...delivery, bodySize: bodySizeOf(body) });

export function deliverySummaryView(delivery: DeliverySummary) {
  const { bodySize, createdAtMs, dueAtMs, expiresAtMs, settledAtMs, ...rest } = delivery;
  return {
    ...rest,
    ...bodyView(bodySize),
    createdAt: iso(createdAtMs),
    dueAt: iso(dueAtMs),
    expiresAt: iso(expiresAtMs),
    ...(settledAtMs === undefined ? {} : { settledAt: iso(settledAtMs) }),
  };
}

export function attemptView({ atMs, ...rest }: DeliveryAttempt) {
  return { at: iso(atMs), ...rest };
}
