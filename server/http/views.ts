import type { Delivery, DeliveryAttempt } from '../../core/delivery.ts';
import type { Body, Message } from '../../core/message.ts';

/** Messages and deliveries as the API shows them: everything but the body, times readable. */
const iso = (ms: number) => new Date(ms).toISOString();
const bodyView = (body: Body) =>
  body.kind === 'inline'
    ? { bodyBytes: body.bytes.length }
    : { bodyBytes: body.bytesCount, bodyHash: body.hash };

export function messageView(message: Message) {
  const { body, keys, searchKeys, receivedAtMs, processedAtMs, dedupe: _dedupe, ...rest } = message;
  return {
    ...rest,
    ...bodyView(body),
    orderingKeys: keys,
    searchKeys: searchKeys.map(([name, value]) => ({ name, value })),
    receivedAt: iso(receivedAtMs),
    ...(processedAtMs === undefined ? {} : { processedAt: iso(processedAtMs) }),
  };
}

export function deliveryView(delivery: Delivery) {
  const { body, createdAtMs, dueAtMs, expiresAtMs, settledAtMs, ...rest } = delivery;
  return {
    ...rest,
    ...bodyView(body),
    createdAt: iso(createdAtMs),
    dueAt: iso(dueAtMs),
    expiresAt: iso(expiresAtMs),
    ...(settledAtMs === undefined ? {} : { settledAt: iso(settledAtMs) }),
  };
}

export function attemptView({ atMs, ...rest }: DeliveryAttempt) {
  return { at: iso(atMs), ...rest };
}
