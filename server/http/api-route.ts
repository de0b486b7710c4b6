import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { BitHiveError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { AuditEvent, AuditSink, Clock } from '../../core/ports/index.ts';
import type { Permission } from './permissions.ts';

/** What an audit event needs that the route alone knows. */
export type Touched = JsonObject;

export interface ApiRequest<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly agent: string;
  readonly reply: FastifyReply;
}

export interface ApiAnswer {
  readonly body: unknown;
  readonly status?: number;
  /** What was touched, for the audit event; joined with the input. */
  readonly touched?: Touched;
}

/**
 * One route of the API: its schemas check the input and are the OpenAPI document. With `audit` every request leaves an event that is
 * durable before the answer, whether it succeeded or not.
 */
export interface ApiRoute<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> {
  readonly method: 'GET' | 'POST';
  /** `/api/messages/:id` */
  readonly url: string;
  readonly permission: Permission;
  readonly summary: string;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** Media type of the answer; `application/json` when absent. */
  readonly answers?: string;
  readonly audit?: { readonly action: AuditEvent['action']; readonly operation: string };
  /** What of the input the audit event keeps; all of it when absent. */
  readonly recorded?: (given: JsonObject) => JsonObject;
  handle(request: ApiRequest<z.output<Params>, z.output<Query>, z.output<Body>>): Promise<ApiAnswer>;
}

/** A route after its types are checked; schemas take anything and say what is wrong. */
export type AnyApiRoute = ApiRoute<z.ZodType, z.ZodType, z.ZodType>;

export const nothing = z.strictObject({});

/** Keeps the types of one route together and forgets them outside. */
export function apiRoute<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(
  route: ApiRoute<P, Q, B>,
): AnyApiRoute {
  return route as unknown as AnyApiRoute;
}

export function registerApiRoute(
  app: FastifyInstance,
  route: AnyApiRoute,
  { audit, clock }: { readonly audit: AuditSink; readonly clock: Clock },
): void {
  app.route({
    method: route.method,
    url: route.url,
    config: { permission: route.permission },
    handler: async (request, reply) => {
      const params = parse(route.params, request.params, 'address');
      const query = parse(route.query, request.query, 'query');
      const body = parse(route.body, request.body ?? {}, 'body');
      const input = { ...(params as object), ...(query as object), ...(body as object) } as JsonObject;
      const given = route.recorded?.(input) ?? input;
      const record = (outcome: AuditEvent['outcome'], touched: Touched) =>
        route.audit ? audit.record(eventOf(request, route.audit, outcome, touched)) : Promise.resolve();
      const agent = request.caller?.subject ?? '';
      const answer = await route
        .handle({ params, query, body, agent, reply })
        .catch(async (error: unknown) => {
          await record('failed', given);
          throw error;
        });
      await record('success', { ...given, ...answer.touched });
      reply.code(answer.status ?? 200);
      if (!reply.hasHeader('content-type')) reply.type('application/json; charset=utf-8');
      return isRaw(answer.body) ? answer.body : JSON.stringify(answer.body);
    },
  });

  function eventOf(
    request: FastifyRequest,
    kind: NonNullable<AnyApiRoute['audit']>,
    outcome: AuditEvent['outcome'],
    entities: Touched,
  ): AuditEvent {
    const agent = request.caller?.subject ?? 'anonymous';
    return {
      ...kind,
      agent,
      from: request.ip,
      outcome,
      atMs: clock.nowMs(),
      entities: JSON.parse(JSON.stringify(entities)),
    };
  }
}

const isRaw = (body: unknown): boolean =>
  body instanceof Uint8Array || typeof (body as { pipe?: unknown } | null)?.pipe === 'function';

/** @throws BH_HTTP_INPUT naming each part of the input that is not valid */
function parse<T>(schema: z.ZodType<T>, input: unknown, where: string): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const faults = result.error.issues.slice(0, 10).map((issue) => {
    const path = issue.path.join('.');
    return path === '' ? `${where}: ${issue.message}` : `${where} ${path}: ${issue.message}`;
  });
  throw new BitHiveError('BH_HTTP_INPUT', faults.join('; '));
}
