import { z } from 'zod';
import type { JsonObject } from '../../../core/json.ts';
import { limits } from '../../../core/limits.ts';
import { type AnyApiRoute, apiRoute, nothing } from '../api-route.ts';
import { idParams, moment, name } from '../input.ts';
import type { HttpServerOptions } from '../options.ts';

/** Texts of an overlay by their paths in it. */
const files = z.record(z.string().min(1).max(200), z.string().max(limits.mapOverlayCharsMax));
const whole = z.number().int().min(0).max(999_999_999);

/** Which kept messages a comparison reads, as an API body and as flags of the command line. */
export const diffQuery = z.strictObject({
  channel: name.optional(),
  type: name.optional(),
  since: moment.optional(),
  until: moment.optional(),
  limit: whole.min(1).max(limits.mapDiffMessagesMax).default(1000),
  examples: whole.max(1000).default(10),
});
export type DiffRequest = z.output<typeof diffQuery>;

/** As the service takes it. */
export function diffQueryOf({ since, until, channel, type, limit, examples }: DiffRequest) {
  return {
    limit,
    examples,
    ...(channel === undefined ? {} : { channel }),
    ...(type === undefined ? {} : { type }),
    ...(since === undefined ? {} : { sinceMs: since }),
    ...(until === undefined ? {} : { untilMs: until }),
  };
}

/** The audit trail names the files; their texts are kept with the version. */
const withoutTexts = ({ files: given, ...rest }: JsonObject): JsonObject => ({
  ...rest,
  files: Object.keys((given ?? {}) as JsonObject),
});

export function mappingRoutes({ mapping }: HttpServerOptions): readonly AnyApiRoute[] {
  return [
    apiRoute({
      method: 'GET',
      url: '/api/messages/:id/explain',
      permission: 'message:read',
      summary:
        'Where each element of the Bundle of an HL7 v2 message came from: row, file and line, HL7 path; what no row takes; issues',
      params: idParams,
      query: nothing,
      body: nothing,
      audit: { action: 'read', operation: 'message.explain' },
      handle: async ({ params }) => ({ body: { id: params.id, ...(await mapping.explain(params.id)) } }),
    }),
    apiRoute({
      method: 'GET',
      url: '/api/mapping/versions',
      permission: 'status:read',
      summary: 'Versions of the map, newest first: who deployed which overlay when, and which is in force',
      params: nothing,
      query: nothing,
      body: nothing,
      handle: async () => ({ body: { versions: await mapping.versions(limits.searchRowsMax) } }),
    }),
    apiRoute({
      method: 'POST',
      url: '/api/mapping/diff',
      permission: 'message:read',
      summary: 'What another overlay would make otherwise of kept messages',
      params: nothing,
      query: nothing,
      body: diffQuery.extend({ files }),
      audit: { action: 'read', operation: 'mapping.diff' },
      recorded: withoutTexts,
      async handle({ body: { files: given, ...query } }) {
        const diff = await mapping.diff(given, diffQueryOf(query));
        return {
          body: diff,
          touched: { messages: diff.messages, shown: diff.examples.map(({ message }) => message) },
        };
      },
    }),
    apiRoute({
      method: 'POST',
      url: '/api/mapping/deploy',
      permission: 'mapping:deploy',
      summary: 'Puts an overlay in force: what is accepted from here on is converted by it',
      params: nothing,
      query: nothing,
      body: z.strictObject({ files, note: z.string().max(500).optional() }),
      audit: { action: 'update', operation: 'mapping.deploy' },
      recorded: withoutTexts,
      async handle({ body: { files: given, note }, agent }) {
        const deployed = await mapping.deploy({
          files: given,
          by: agent,
          ...(note === undefined ? {} : { note }),
        });
        return { body: deployed, touched: { ...deployed } };
      },
    }),
    apiRoute({
      method: 'POST',
      url: '/api/mapping/rollback',
      permission: 'mapping:deploy',
      summary: 'Puts an earlier version of the map in force again, as a new version',
      params: nothing,
      query: nothing,
      body: z.strictObject({ to: whole.optional() }),
      audit: { action: 'update', operation: 'mapping.rollback' },
      async handle({ body, agent }) {
        const deployed = await mapping.rollback(agent, body.to);
        return { body: deployed, touched: { ...deployed } };
      },
    }),
  ];
}
