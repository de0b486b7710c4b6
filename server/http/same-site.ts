import type { IncomingHttpHeaders } from 'node:http';
import { BitHiveError } from '../../core/errors.ts';

/** The name part of a Host header: lower case, no port, an IPv6 address in brackets. */
function hostName(header: string): string {
  const name = header.toLowerCase().replace(/:\d*$/, '');
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

const bracketed = (address: string) => (address.includes(':') ? `[${address}]` : address);

/**
 * Refuses names that the engine does not go by, so that a web page cannot reach it through a name of its own that points here
 * (DNS rebinding). The address that the client connected to is always a name of the engine.
 *
 * @throws BH_HTTP_HOST
 */
export function checkHost(
  host: string | undefined,
  localAddress: string | undefined,
  hosts: ReadonlySet<string>,
): void {
  const name = hostName(host ?? '');
  const address = (localAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
  if (hosts.has(name) || (address !== '' && name === bracketed(address))) return;
  throw new BitHiveError('BH_HTTP_HOST', 'the Host header names no host of this engine; see http.hosts');
}

export function hostNames(listenHost: string, further: readonly string[]): ReadonlySet<string> {
  const names = ['localhost', '127.0.0.1', '[::1]', bracketed(listenHost), ...further];
  return new Set(names.map((name) => name.toLowerCase()));
}

/**
 * Tells whether the request may come from where it says.
 *
 * @returns the listed foreign origin that asks, to be named in the answer (Fetch standard, CORS); null for the engine's own pages and
 * for clients that are no browsers
 * @throws BH_HTTP_ORIGIN
 */
export function checkOrigin(
  headers: IncomingHttpHeaders,
  scheme: 'http' | 'https',
  origins: readonly string[],
): string | null {
  const { origin } = headers;
  if (origin === undefined) {
    if (headers['sec-fetch-site'] !== 'cross-site') return null;
    throw new BitHiveError('BH_HTTP_ORIGIN', 'another web site sent this request');
  }
  if (origin === `${scheme}://${headers.host?.toLowerCase()}`) return null;
  if (origins.some((listed) => new URL(listed).origin === origin)) return origin;
  throw new BitHiveError('BH_HTTP_ORIGIN', 'the Origin is not one of this engine; see http.origins');
}
