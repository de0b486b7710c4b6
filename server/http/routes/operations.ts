import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { type AnyApiRoute, apiRoute, nothing } from '../api-route.ts';
import { defaultLimit, limitText } from '../input.ts';
import type { HttpServerOptions } from '../options.ts';

const auditQuery = z.strictObject({
  from: z
    .string()
    .regex(/^\d{1,15}$/, 'expected a whole number')
    .transform(Number)
    .optional(),
  limit: limitText.optional(),
});
const backupBody = z.strictObject({
  folder: z
    .string()
    .min(1)
    .max(4096)
    .refine(isAbsolute, 'expected an absolute path on the machine of the engine'),
});

export function operationRoutes(options: HttpServerOptions): readonly AnyApiRoute[] {
  const { store, clock, status, backup } = options;
  return [
    apiRoute({
      method: 'GET',
      url: '/api/status',
      permission: 'status:read',
      summary: 'The engine at a glance: version, listeners, channels, alerts',
      params: nothing,
      query: nothing,
      body: nothing,
      handle: async () => ({ body: await status() }),
    }),
    apiRoute({
      method: 'GET',
      url: '/api/depths',
      permission: 'status:read',
      summary: 'What waits in each channel and for each destination',
      params: nothing,
      query: nothing,
      body: nothing,
      handle: async () => ({ body: await store.depths(clock.nowMs()) }),
    }),
    apiRoute({
      method: 'GET',
      url: '/api/audit',
      permission: 'audit:read',
      summary: 'Audit events from a sequence number on, oldest first; reading them is one too',
      params: nothing,
      query: auditQuery,
      body: nothing,
      audit: { action: 'read', operation: 'audit.read' },
      handle: async ({ query }) => ({
        body: { events: await store.readAudit(query.from ?? 1, query.limit ?? defaultLimit) },
      }),
    }),
    apiRoute({
      method: 'POST',
      url: '/api/backup',
      permission: 'backup:create',
      summary: 'A consistent copy of everything into an empty folder, while work goes on',
      params: nothing,
      query: nothing,
      body: backupBody,
      audit: { action: 'execute', operation: 'backup.create' },
      async handle({ body }) {
        const result = await backup(body.folder);
        return { body: result, touched: result };
      },
    }),
  ];
}
