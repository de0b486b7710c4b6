import { z } from 'zod';
import { type AnyApiRoute, apiRoute, nothing } from '../api-route.ts';
import { name } from '../input.ts';
import type { HttpServerOptions } from '../options.ts';

const params = z.strictObject({ uid: name });
const channel = name.optional();
const reason = z.string().min(1).max(500);

export const studyRoutes = (options: HttpServerOptions): readonly AnyApiRoute[] => [
  ...readingRoutes(options),
  ...decidingRoutes(options),
];

function readingRoutes({ studies }: HttpServerOptions): readonly AnyApiRoute[] {
  return [
    apiRoute({
      method: 'GET',
      url: '/api/studies/held',
      permission: 'message:read',
      summary:
        'Studies whose reports are held since the order or the images name another patient; oldest first',
      params: nothing,
      query: nothing,
      body: nothing,
      audit: { action: 'read', operation: 'study.held' },
      async handle() {
        const held = await studies.held();
        return {
          body: { held },
          touched: { found: held.map(({ studyInstanceUid }) => studyInstanceUid ?? '') },
        };
      },
    }),
    apiRoute({
      method: 'GET',
      url: '/api/studies/:uid',
      permission: 'message:read',
      summary:
        'A study: its state, versions and the signals that completed them, series, order, reports and where they went',
      params,
      query: nothing,
      body: nothing,
      audit: { action: 'read', operation: 'study.read' },
      handle: async ({ params: { uid } }) => ({ body: await studies.view(uid) }),
    }),
  ];
}

function decidingRoutes({ studies }: HttpServerOptions): readonly AnyApiRoute[] {
  return [
    apiRoute({
      method: 'POST',
      url: '/api/studies/:uid/complete',
      permission: 'study:decide',
      summary: 'Judges an open study complete: nothing more is awaited',
      params,
      query: nothing,
      body: z.strictObject({ channel }),
      audit: { action: 'execute', operation: 'study.complete' },
      async handle({ params: { uid }, body, agent }) {
        const taken = await studies.complete(uid, agent, body.channel);
        return { status: 202, body: taken, touched: { ...taken } };
      },
    }),
    apiRoute({
      method: 'POST',
      url: '/api/studies/:uid/release',
      permission: 'study:decide',
      summary: 'Lets the held reports of a study go out, with the order linked or without',
      params,
      query: nothing,
      body: z.strictObject({ channel, withOrder: z.boolean().default(false), reason: reason.optional() }),
      audit: { action: 'update', operation: 'study.release' },
      async handle({ params: { uid }, body, agent }) {
        const { withOrder, reason: why } = body;
        const decision = { word: 'release', by: agent, withOrder, ...(why ? { reason: why } : {}) } as const;
        const taken = await studies.decide(uid, decision, body.channel);
        return { status: 202, body: taken, touched: { ...taken } };
      },
    }),
    apiRoute({
      method: 'POST',
      url: '/api/studies/:uid/reject',
      permission: 'study:decide',
      summary: 'Drops the held reports of a study: the images are not of the patient that they name',
      params,
      query: nothing,
      body: z.strictObject({ channel, reason }),
      audit: { action: 'update', operation: 'study.reject' },
      async handle({ params: { uid }, body, agent }) {
        const taken = await studies.decide(
          uid,
          { word: 'reject', by: agent, reason: body.reason },
          body.channel,
        );
        return { status: 202, body: taken, touched: { ...taken } };
      },
    }),
  ];
}
