import type { LeasedDelivery } from '../../../core/delivery.ts';
import { deliveryId, messageId } from '../../../core/ids.ts';
import type { Body } from '../../../core/message.ts';

export const leased = (body: Body): LeasedDelivery => ({
  id: deliveryId(7),
  messageId: messageId(3),
  channel: 'orders',
  channelVersion: 1,
  destination: 'out',
  state: 'leased',
  lanes: [],
  priority: 0,
  attempts: 1,
  createdAtMs: Date.UTC(2026, 10, 22, 8, 30, 15),
  dueAtMs: 0,
  expiresAtMs: 1e15,
  contentType: 'x-application/hl7-v2+er7',
  body,
  leaseOwner: 'o',
  leaseEpoch: 1,
  leaseUntilMs: 1e15,
});
