import type { FastifyInstance } from 'fastify';
import type { HttpServerOptions } from './options.ts';

/** Counts and times requests by route pattern, never by address: an address can hold an id. */
export function countRequests(app: FastifyInstance, { metrics }: Pick<HttpServerOptions, 'metrics'>): void {
  const duration = metrics.histogram({
    name: 'bithive_http_request_duration_seconds',
    help: 'Time from the head of a request to the end of its answer.',
    labels: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  });
  app.addHook('onResponse', async (request, reply) => {
    duration.observe(reply.elapsedTime / 1000, {
      method: request.method,
      route: request.routeOptions.url ?? 'none',
      status: String(reply.statusCode),
    });
  });
}
