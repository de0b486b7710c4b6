import type { LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { limits } from '../../core/limits.ts';
import { baseUrl } from './base-url.ts';
import { createCredentials } from './credentials.ts';
import {
  createAgent,
  exchange,
  type HttpAnswer,
  type OpenAnswer,
  type OpenRequest,
  openExchange,
  readUpTo,
} from './exchange.ts';
import type { CredentialPorts, HttpAuth, HttpTls } from './http-auth.ts';

export interface HttpClientOptions {
  /** Root of the service, `https://pacs.example/dicomweb`. */
  readonly url: string;
  readonly auth?: HttpAuth;
  readonly tls?: HttpTls;
  /** How names become addresses; the place where an allow-list of networks is kept. Absent: as the system does it. */
  readonly lookup?: LookupFunction;
  /** Connections at most. */
  readonly connections: number;
  readonly connectTimeoutMs?: number;
  /** Silence of the server within an exchange: it takes no byte of the request, or gives none of the answer. */
  readonly silenceMs?: number;
  readonly ports: CredentialPorts;
}

export interface ClientRequest {
  readonly method: OpenRequest['method'];
  /** Below the root, with a slash in front and with the query. */
  readonly path: string;
  readonly headers: { readonly [name: string]: string };
  /** Called again where the request is sent again under a new token. */
  readonly body?: () => Uint8Array | string | Readable;
  readonly signal: AbortSignal;
}

/**
 * One HTTP service with its credentials. A 401 for a token that can be renewed is asked again, once: such a request was not looked at.
 * Both requests throw `ExchangeFailed`, and before anything was sent BH_CONFIG_SECRET, BH_DELIVERY_UNREACHABLE (no token).
 */
export interface HttpClient {
  readonly base: string;
  open(request: ClientRequest): Promise<OpenAnswer>;
  /** With the whole body in memory; `undefined` where it is over the limit. */
  exchange(request: ClientRequest, answerBytesMax: number): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/** Throws BH_CONFIG_VALUE, BH_CONFIG_SECRET. */
export async function openHttpClient(options: HttpClientOptions): Promise<HttpClient> {
  const base = baseUrl(options.url);
  const { tls, ports, auth, lookup } = options;
  const key = tls?.privateKey === undefined ? undefined : await ports.keys.secret(tls.privateKey);
  const agent = createAgent({
    connectTimeoutMs: options.connectTimeoutMs ?? limits.httpHeadMs,
    requestTimeoutMs: options.silenceMs ?? limits.httpRequestMs,
    connections: options.connections,
    ...(lookup === undefined ? {} : { lookup }),
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls?.certificate === undefined ? {} : { cert: tls.certificate }),
    ...(key === undefined ? {} : { key }),
  });
  const credentials = createCredentials(auth, ports, (request) =>
    exchange(agent, { ...request, answerBytesMax: limits.deliveryAnswerBytesMax }),
  );
  const once = async ({ method, path, headers, body, signal }: ClientRequest): Promise<OpenAnswer> => {
    const authorization = await credentials.authorization(signal);
    return openExchange(agent, {
      method,
      url: `${base}${path}`,
      headers: authorization === undefined ? headers : { ...headers, authorization },
      signal,
      ...(body === undefined ? {} : { body: body() }),
    });
  };
  const open = async (request: ClientRequest): Promise<OpenAnswer> => {
    const answer = await once(request);
    if (answer.status !== 401 || !credentials.forget()) return answer;
    answer.discard();
    return once(request);
  };
  return {
    base,
    open,
    async exchange(request, answerBytesMax) {
      const { status, headers, body } = await open(request);
      return { status, headers, body: await readUpTo(body, answerBytesMax) };
    },
    close: () => agent.destroy(),
  };
}
