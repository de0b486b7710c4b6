import { z } from 'zod';
import type { DeliverySummary } from '../../../core/delivery.ts';
import { BitHiveError } from '../../../core/errors.ts';
import type { MessageId } from '../../../core/ids.ts';
import { limits } from '../../../core/limits.ts';
import { type Message, messageKinds, type SearchKeyName, searchKeyNames } from '../../../core/message.ts';
import type { Store } from '../../../core/ports/index.ts';
import { type AnyApiRoute, apiRoute, nothing } from '../api-route.ts';
import { bodyAnswer } from '../body-answer.ts';
import { defaultLimit, idParams, limitText, messageIdText, moment, name } from '../input.ts';
import type { HttpServerOptions } from '../options.ts';
import { attemptView, deliverySummaryView, messageView, summaryView } from '../views.ts';

const keyQuery = Object.fromEntries(searchKeyNames.map((key) => [key, name.optional()])) as Record<
  SearchKeyName,
  z.ZodOptional<z.ZodString>
>;
const searchQuery = z.strictObject({
  ...keyQuery,
  channel: name.optional(),
  kind: z.enum(messageKinds).optional(),
  type: name.optional(),
  status: z.enum(['received', 'processed', 'filtered', 'quarantined']).optional(),
  since: moment.optional(),
  until: moment.optional(),
  before: messageIdText.optional(),
  limit: limitText.optional(),
});

/** @throws BH_STORE_NOT_FOUND */
export async function messageOf(store: Store, id: MessageId): Promise<Message> {
  const message = await store.getMessage(id);
  if (message) return message;
  throw new BitHiveError('BH_STORE_NOT_FOUND', `there is no message ${id}`);
}

export async function lineageView(store: Store, id: MessageId) {
  const { parents, children, report } = await store.lineage(id);
  const deliveries = await Promise.all(
    (await deliveriesOf(store, id)).map(async (delivery) => {
      const attempts = await store.attempts(delivery.id);
      return { ...deliverySummaryView(delivery), history: attempts.map(attemptView) };
    }),
  );
  return { id, parents, children, deliveries, ...(report === undefined ? {} : { report }) };
}

/** All of them, oldest first, a page at a time and without their bodies. */
async function deliveriesOf(store: Store, messageId: MessageId): Promise<readonly DeliverySummary[]> {
  const limit = limits.searchRowsMax;
  const found: DeliverySummary[] = [];
  for (;;) {
    const last = found.at(-1);
    const page = await store.listDeliveries({ messageId, limit, ...(last ? { before: last.id } : {}) });
    found.push(...page);
    if (page.length < limit) return found.reverse();
  }
}

export type MessageSearch = z.output<typeof searchQuery>;

export async function searchView(store: Store, query: MessageSearch) {
  const { since, until, limit, channel, kind, type, status, before, ...keys } = query;
  const found = await store.listMessages({
    keys: searchKeyNames.flatMap((key) => {
      const value = keys[key];
      return value === undefined ? [] : [{ name: key, value }];
    }),
    ...(channel === undefined ? {} : { channel }),
    ...(kind === undefined ? {} : { kind }),
    ...(type === undefined ? {} : { type }),
    ...(status === undefined ? {} : { status }),
    ...(before === undefined ? {} : { before }),
    ...(since === undefined ? {} : { sinceMs: since }),
    ...(until === undefined ? {} : { untilMs: until }),
    limit: limit ?? defaultLimit,
  });
  return { messages: found.map(summaryView) };
}

/** Reads the parameters of a search that came as text, from an address or a command line. */
export const messageSearch = searchQuery;

export function messageRoutes({ store, blobs, replay }: HttpServerOptions): readonly AnyApiRoute[] {
  return [
    apiRoute({
      method: 'GET',
      url: '/api/messages',
      permission: 'message:read',
      summary: 'Messages by clinical key, channel, type, status or time; newest first',
      params: nothing,
      query: searchQuery,
      body: nothing,
      audit: { action: 'read', operation: 'message.search' },
      async handle({ query }) {
        const body = await searchView(store, query);
        return { body, touched: { found: body.messages.map(({ id }) => id) } };
      },
    }),
    apiRoute({
      method: 'GET',
      url: '/api/messages/:id',
      permission: 'message:read',
      summary: 'One message without its body',
      params: idParams,
      query: nothing,
      body: nothing,
      audit: { action: 'read', operation: 'message.read' },
      handle: async ({ params }) => ({ body: messageView(await messageOf(store, params.id)) }),
    }),
    apiRoute({
      method: 'GET',
      url: '/api/messages/:id/body',
      permission: 'message:read',
      summary: 'The bytes of a message as they came in',
      params: idParams,
      query: nothing,
      body: nothing,
      answers: 'application/octet-stream',
      audit: { action: 'read', operation: 'message.body' },
      async handle({ params, reply }) {
        const { body, contentType } = await messageOf(store, params.id);
        return { body: bodyAnswer(reply, blobs, { body, contentType, fileName: `message-${params.id}` }) };
      },
    }),
    apiRoute({
      method: 'GET',
      url: '/api/messages/:id/lineage',
      permission: 'message:read',
      summary:
        'What a message came from and led to: parents, children, deliveries with every attempt, mapping report',
      params: idParams,
      query: nothing,
      body: nothing,
      audit: { action: 'read', operation: 'message.lineage' },
      async handle({ params }) {
        await messageOf(store, params.id);
        return { body: await lineageView(store, params.id) };
      },
    }),
    apiRoute({
      method: 'POST',
      url: '/api/messages/:id/replay',
      permission: 'message:replay',
      summary: 'Accepts the bytes of a message again, as a new message that names it',
      params: idParams,
      query: nothing,
      body: nothing,
      audit: { action: 'execute', operation: 'message.replay' },
      async handle({ params }) {
        await messageOf(store, params.id);
        const id = await replay(params.id);
        return { status: 202, body: { id, replayOf: params.id }, touched: { replayedAs: id } };
      },
    }),
  ];
}
