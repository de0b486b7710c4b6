import type { FastifyInstance } from 'fastify';
import type { HttpServerOptions } from '../options.ts';
import { readinessOf } from '../readiness.ts';

/** Health and metrics. The first two are open: a load balancer has no token, and they say nothing but yes or no. */
export function registerHealth(
  app: FastifyInstance,
  options: HttpServerOptions,
  isStopping: () => boolean,
): void {
  app.get('/healthz', { config: { permission: 'public' } }, async () => ({ status: 'alive' }));

  app.get('/readyz', { config: { permission: 'public' } }, async (_request, reply) => {
    const { isReady, reasons } = await readinessOf(options, isStopping());
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not ready', reasons });
  });

  app.get('/metrics', { config: { permission: 'metrics:read' } }, async (_request, reply) =>
    reply.type(options.metrics.contentType).send(await options.metrics.text()),
  );
}
