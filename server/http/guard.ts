import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { assert } from '../../core/assert.ts';
import { BitHiveError } from '../../core/errors.ts';
import type { AuditSink, Clock } from '../../core/ports/index.ts';
import type { Authenticate } from './authenticate.ts';
import { type Caller, type Permission, permits } from './permissions.ts';
import { createRateLimit } from './rate-limit.ts';
import type { RouteTable } from './route-table.ts';
import { checkHost, checkOrigin } from './same-site.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Right that a caller needs. A route without one does not register. */
    permission?: Permission;
  }
  interface FastifyRequest {
    /** Who asks; null on a public route. */
    caller: Caller | null;
  }
}

export interface GuardOptions {
  readonly hosts: ReadonlySet<string>;
  readonly origins: readonly string[];
  readonly scheme: 'http' | 'https';
  readonly authenticate: Authenticate;
  readonly audit: AuditSink;
  readonly clock: Clock;
  readonly requestsPerSecond: number;
  readonly burst: number;
}

const callersMax = 10_000;
/** Wrong credentials per address: a slip and a script that was not told of a new token, not a search. */
const failuresPerSecond = 5;
const failuresBurst = 50;

/** Name of the decorator with which a scope gives its routes a permission that they do not state themselves. */
export const scopePermission = 'scopePermission';

/**
 * The order at the door: Host, Origin, credentials, rate, right. All of it before a byte of the body is parsed.
 */
export function guard(app: FastifyInstance, table: RouteTable, options: GuardOptions): void {
  const { clock } = options;
  const limit = (perSecond: number, burst: number) =>
    createRateLimit({ perSecond, burst, keysMax: callersMax, clock });
  const failures = limit(failuresPerSecond, failuresBurst);
  const requests = limit(options.requestsPerSecond, options.burst);

  app.decorateRequest('caller', null);
  app.addHook('onRoute', function (route) {
    const inherited = this.hasDecorator(scopePermission)
      ? this.getDecorator<Permission>(scopePermission)
      : undefined;
    const permission = route.config?.permission ?? inherited;
    assert(permission !== undefined, `route ${route.method} ${route.url} declares no permission`);
    route.config = { ...route.config, permission };
    table.add(route.url, route.method);
  });

  app.addHook('onRequest', async (request, reply) => {
    checkHost(request.headers.host, request.socket.localAddress, options.hosts);
    const origin = checkOrigin(request.headers, options.scheme, options.origins);
    if (origin !== null && allowOrigin(request, reply, origin)) return reply;
    const { permission } = request.routeOptions.config;
    if (permission === 'public') return;
    const caller = await options.authenticate(request.headers.authorization).catch((error: unknown) => {
      // Only failures are counted and held back: whoever has a good token must not suffer from a neighbour behind the same address.
      refuseFlood(reply, failures.take(request.ip));
      reply.header('www-authenticate', 'Bearer realm="bithive"');
      throw error;
    });
    refuseFlood(reply, requests.take(caller.subject));
    request.caller = caller;
    // An address that does not exist has no permission; only somebody who is known learns that.
    if (permission !== undefined && !permits(caller, permission)) await refuse(request, caller, permission);
  });

  async function refuse(request: FastifyRequest, caller: Caller, permission: Permission): Promise<never> {
    await options.audit.record({
      action: 'execute',
      operation: `${request.method} ${request.routeOptions.url ?? ''}`,
      agent: caller.subject,
      from: request.ip,
      outcome: 'refused',
      atMs: clock.nowMs(),
      entities: { permission },
    });
    throw new BitHiveError('BH_HTTP_FORBIDDEN', `${caller.subject} lacks the right ${permission}`);
  }
}

function refuseFlood(reply: FastifyReply, waitMs: number): void {
  if (waitMs === 0) return;
  reply.header('retry-after', Math.ceil(waitMs / 1000));
  throw new BitHiveError('BH_HTTP_RATE', `wait ${waitMs} ms`);
}

/** Names the origin in the answer; true when the request was only the browser's question beforehand. */
function allowOrigin(request: FastifyRequest, reply: FastifyReply, origin: string): boolean {
  reply.headers({ 'access-control-allow-origin': origin, vary: 'origin' });
  if (request.method !== 'OPTIONS' || !request.headers['access-control-request-method']) return false;
  reply
    .code(204)
    .headers({
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'authorization, content-type, accept',
      'access-control-max-age': '600',
    })
    .send();
  return true;
}
