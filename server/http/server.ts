import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { assert } from '../../core/assert.ts';
import { BitHiveError } from '../../core/errors.ts';
import type { Listening } from '../../core/ports/index.ts';
import { loadTls, type TlsMaterial } from '../../platform/security/tls-material.ts';
import { renewTls } from '../../platform/security/tls-renewal.ts';
import { type AnyApiRoute, registerApiRoute } from './api-route.ts';
import { createAuthenticate } from './authenticate.ts';
import { dropRest, watchBody } from './body-deadline.ts';
import { answerClientError } from './client-error.ts';
import { guard, scopePermission } from './guard.ts';
import { takeJsonBodies } from './json-body.ts';
import { createListener } from './listener.ts';
import { openApi, type PlainRoute } from './openapi.ts';
import type { HttpServer, HttpServerOptions } from './options.ts';
import { httpErrorOf, sendProblem } from './problem.ts';
import { countRequests } from './request-metrics.ts';
import { RouteTable } from './route-table.ts';
import { deliveryRoutes } from './routes/deliveries.ts';
import { dicomwebRoutes } from './routes/dicomweb.ts';
import { registerHealth } from './routes/health.ts';
import { mappingRoutes } from './routes/mapping.ts';
import { messageRoutes } from './routes/messages.ts';
import { operationRoutes } from './routes/operations.ts';
import { studyRoutes } from './routes/studies.ts';
import { hostNames } from './same-site.ts';

/**
 * The HTTP door of the engine: one port for the API, the sources, health and metrics.
 *
 * @throws BH_CONFIG_SECRET, BH_CONFIG_VALUE for keys and certificates that cannot be used
 */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { config, keys, clock, logger } = options;
  const tls = config.http.tls ? await loadTls(config.http.tls, keys) : null;
  const state = { isStopping: false };
  const app = await createApp(options, tls, () => state.isStopping);
  let stopRenewal = () => {};

  return {
    async listen() {
      await app.listen({ host: config.http.host, port: config.http.port }).catch((cause: unknown) => {
        throw new BitHiveError(
          'BH_CONFIG_VALUE',
          `http: cannot listen on ${config.http.host}:${config.http.port}`,
          { cause },
        );
      });
      if (tls && config.http.tls && 'setSecureContext' in app.server) {
        const server = app.server as unknown as Parameters<typeof renewTls>[0]['server'];
        stopRenewal = renewTls({ references: config.http.tls, keys, clock, logger, inForce: tls, server });
      }
      return listeningOf(app, options, tls !== null);
    },
    async stop(graceMs) {
      state.isStopping = true;
      stopRenewal();
      const cancel = clock.after(graceMs, () => app.server.closeAllConnections());
      await app.close();
      cancel();
    },
  };
}

function listeningOf(
  app: FastifyInstance,
  { sources }: HttpServerOptions,
  isTls: boolean,
): readonly Listening[] {
  const address = app.server.address() as AddressInfo | null;
  assert(address !== null, 'the port is open');
  const at = { host: address.address, port: address.port };
  return [
    { protocol: isTls ? 'https' : 'http', ...at },
    ...sources.map(({ path }) => ({ protocol: path.slice(1), ...at, path })),
  ];
}

/** The routes without the port, for those who only want to know them. */
export async function createApp(
  options: HttpServerOptions,
  tls: TlsMaterial | null,
  isStopping: () => boolean,
): Promise<FastifyInstance> {
  const { config, clock } = options;
  const { limits, host, hosts, origins, auth } = config.http;
  const app = fastify({
    serverFactory: (handler) => createListener(limits, tls, handler),
    clientErrorHandler: answerClientError,
    bodyLimit: limits.bodyBytesMax,
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    frameworkErrors: (error, _request, reply) => {
      sendProblem(reply, httpErrorOf(error));
    },
    routerOptions: { ignoreTrailingSlash: false },
  });
  takeJsonBodies(app);
  const table = new RouteTable();
  const authenticate = await createAuthenticate({ ...options, auth });
  app.removeContentTypeParser('text/plain');
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(answerHeaders);
  });
  guard(app, table, {
    ...limits,
    hosts: hostNames(host, hosts),
    origins,
    scheme: tls === null ? 'http' : 'https',
    authenticate,
    audit: options.audit,
    clock,
  });
  countRequests(app, options);
  addHooks(app, table, options);
  addErrorHandler(app, table, options);
  registerRoutes(app, table, options, isStopping);
  await app.ready();
  return app;
}

/** No page of another site, no cache and no sniffing browser gets at what the engine says. */
const answerHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

function addHooks(app: FastifyInstance, table: RouteTable, { clock, config }: HttpServerOptions): void {
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) throw unknownAddress(request, reply, table);
    const { permission } = request.routeOptions.config;
    const isOfSource = permission?.startsWith('ingest:') ?? false;
    // A source that takes anything but JSON streams it, under its own rule of progress.
    if (isOfSource && !/json/i.test(request.headers['content-type'] ?? '')) return;
    const encoding = request.headers['content-encoding'];
    if (!isOfSource && encoding !== undefined && encoding !== 'identity') {
      throw new BitHiveError('BH_HTTP_MEDIA_TYPE', 'the API takes no Content-Encoding');
    }
    watchBody(request, reply, clock, config.http.limits.requestMs);
  });
  app.addHook('onResponse', async (request) => dropRest(request, clock));
}

/** Said before the body is read: nobody will. */
function unknownAddress(request: FastifyRequest, reply: FastifyReply, table: RouteTable): BitHiveError {
  const methods = table.methodsOf(request.url);
  if (methods.length === 0) return new BitHiveError('BH_HTTP_NOT_FOUND', 'nothing is at this address');
  reply.header('allow', methods.join(', '));
  return new BitHiveError('BH_HTTP_METHOD', `${methods.join(', ')} is taken here`);
}

function addErrorHandler(app: FastifyInstance, table: RouteTable, { logger }: HttpServerOptions): void {
  app.setErrorHandler((error: Error, request, reply) => {
    const known = httpErrorOf(error);
    if (known.entry.http >= 500) {
      const { method, routeOptions } = request;
      logger.error('http request failed', { code: known.code, method, route: routeOptions.url }, known);
    }
    return sendProblem(reply, known);
  });
  // The hook above has already thrown; without this line the framework would bring a handler of its own.
  app.setNotFoundHandler((request, reply) => sendProblem(reply, unknownAddress(request, reply, table)));
}

function registerRoutes(
  app: FastifyInstance,
  table: RouteTable,
  options: HttpServerOptions,
  isStopping: () => boolean,
): void {
  const api = [
    messageRoutes,
    deliveryRoutes,
    studyRoutes,
    mappingRoutes,
    operationRoutes,
    dicomwebRoutes,
  ].flatMap((routesOf) => routesOf(options));
  for (const route of api) registerApiRoute(app, route, options);
  registerHealth(app, options, isStopping);
  app.get('/openapi.json', { config: { permission: 'public' } }, async () =>
    openApi(options.version, api, plainRoutes(table, api)),
  );
  for (const source of options.sources) {
    app.register(async (scope) => {
      scope.decorate(scopePermission, `ingest:${source.path}`);
      source.register(scope);
    });
  }
}

const summaries: { readonly [url: string]: string } = {
  '/healthz': 'Whether the process answers',
  '/readyz': 'Whether the engine takes messages: 200, or 503 with the codes of what is wrong',
  '/metrics': 'Metrics in the text format of Prometheus',
  '/openapi.json': 'This document',
};

/** Everything registered beside the API proper. HEAD comes with each GET and needs no entry. */
function plainRoutes(table: RouteTable, api: readonly AnyApiRoute[]): readonly PlainRoute[] {
  return table.urls.flatMap((url) =>
    table
      .methodsOf(url)
      .filter(
        (method) => method !== 'HEAD' && !api.some((route) => route.method === method && route.url === url),
      )
      .map((method) => ({
        method,
        url,
        summary: summaries[url] ?? `Takes messages for ${url.split('/').slice(0, 2).join('/')}`,
        isPublic: url !== '/metrics' && summaries[url] !== undefined,
      })),
  );
}
