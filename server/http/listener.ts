import { createServer as createHttp, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { Config } from '../../config/index.ts';
import type { TlsMaterial } from '../../platform/security/tls-material.ts';

const headBytesMax = 16 * 1024;
const headersMax = 200;
const keepAliveMs = 65_000;

/**
 * The socket with its limits. Node's own time-out for a whole request is off: it cannot tell a streamed study of gigabytes from a
 * body that trickles. `body-deadline.ts` watches the bodies instead.
 */
export function createListener(
  limits: Config['http']['limits'],
  tls: TlsMaterial | null,
  handler: RequestListener,
): Server {
  const options: ServerOptions = {
    maxHeaderSize: headBytesMax,
    headersTimeout: limits.headMs,
    requestTimeout: 0,
    keepAliveTimeout: keepAliveMs,
    connectionsCheckingInterval: Math.min(1000, limits.headMs),
  };
  const server = tls === null ? createHttp(options, handler) : createHttps({ ...options, ...tls }, handler);
  server.maxConnections = limits.connectionsMax;
  server.maxHeadersCount = headersMax;
  return server;
}
