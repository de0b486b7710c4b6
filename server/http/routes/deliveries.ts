import { z } from 'zod';
import type { Delivery } from '../../../core/delivery.ts';
import { BitHiveError } from '../../../core/errors.ts';
import type { DeliveryId } from '../../../core/ids.ts';
import type { DeliveryQuery, Store } from '../../../core/ports/index.ts';
import { type AnyApiRoute, type ApiAnswer, apiRoute, nothing } from '../api-route.ts';
import { bodyAnswer } from '../body-answer.ts';
import { defaultLimit, deliveryIdText, deliveryParams, limitText, messageIdText, name } from '../input.ts';
import type { HttpServerOptions } from '../options.ts';
import { attemptView, deliverySummaryView, deliveryView } from '../views.ts';

const states = ['queued', 'due', 'leased', 'delivered', 'dead', 'unknown', 'cancelled'] as const;
const searchQuery = z.strictObject({
  channel: name.optional(),
  destination: name.optional(),
  state: z.enum(states).optional(),
  message: messageIdText.optional(),
  before: deliveryIdText.optional(),
  limit: limitText.optional(),
});
const word = z.strictObject({ word: z.enum(['retry', 'delivered', 'cancel']) });

async function deliveryOf(store: Store, id: DeliveryId): Promise<Delivery> {
  const delivery = await store.getDelivery(id);
  if (delivery) return delivery;
  throw new BitHiveError('BH_STORE_NOT_FOUND', `there is no delivery ${id}`);
}

function questionOf(asked: z.output<typeof searchQuery>): DeliveryQuery {
  const { message, limit, channel, destination, state, before } = asked;
  return {
    ...(channel === undefined ? {} : { channel }),
    ...(destination === undefined ? {} : { destination }),
    ...(state === undefined ? {} : { state }),
    ...(before === undefined ? {} : { before }),
    ...(message === undefined ? {} : { messageId: message }),
    limit: limit ?? defaultLimit,
  };
}

export function deliveryRoutes({ store, blobs, clock }: HttpServerOptions): readonly AnyApiRoute[] {
  return [
    apiRoute({
      method: 'GET',
      url: '/api/deliveries',
      permission: 'delivery:read',
      summary: 'Deliveries by channel, destination, state or message; newest first',
      params: nothing,
      query: searchQuery,
      body: nothing,
      audit: { action: 'read', operation: 'delivery.search' },
      async handle({ query }) {
        const found = await store.listDeliveries(questionOf(query));
        return {
          body: { deliveries: found.map(deliverySummaryView) },
          touched: { found: found.map(({ id }) => id) },
        };
      },
    }),
    apiRoute({
      method: 'GET',
      url: '/api/deliveries/:id',
      permission: 'delivery:read',
      summary: 'One delivery with every attempt, without its body',
      params: deliveryParams,
      query: nothing,
      body: nothing,
      audit: { action: 'read', operation: 'delivery.read' },
      async handle({ params }) {
        const delivery = await deliveryOf(store, params.id);
        const attempts = await store.attempts(params.id);
        return { body: { ...deliveryView(delivery), history: attempts.map(attemptView) } };
      },
    }),
    apiRoute({
      method: 'GET',
      url: '/api/deliveries/:id/body',
      permission: 'message:read',
      summary: 'The bytes of a delivery as they are sent',
      params: deliveryParams,
      query: nothing,
      body: nothing,
      answers: 'application/octet-stream',
      audit: { action: 'read', operation: 'delivery.body' },
      async handle({ params, reply }) {
        const { body, contentType } = await deliveryOf(store, params.id);
        return { body: bodyAnswer(reply, blobs, { body, contentType, fileName: `delivery-${params.id}` }) };
      },
    }),
    apiRoute({
      method: 'POST',
      url: '/api/deliveries/:id/resolve',
      permission: 'delivery:resolve',
      summary:
        'An operator decides: retry a dead, unknown or waiting delivery, call it delivered, or cancel it',
      params: deliveryParams,
      query: nothing,
      body: word,
      audit: { action: 'update', operation: 'delivery.resolve' },
      handle: ({ params, body }) => resolved(store, params.id, body.word, clock.nowMs()),
    }),
  ];
}

async function resolved(
  store: Store,
  id: DeliveryId,
  word: 'retry' | 'delivered' | 'cancel',
  nowMs: number,
): Promise<ApiAnswer> {
  const { state } = await deliveryOf(store, id);
  if (!(await store.resolveDelivery(id, word, nowMs))) {
    throw new BitHiveError('BH_HTTP_CONFLICT', `delivery ${id} is ${state}: ${word} has no meaning for it`);
  }
  const view = deliveryView(await deliveryOf(store, id));
  // Bringing it back opens its window anew: until when is part of what was decided.
  const until = word === 'retry' ? { expiresAt: view.expiresAt } : {};
  return { body: view, touched: { before: state, ...until } };
}
