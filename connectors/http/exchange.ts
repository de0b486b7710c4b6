import type { LookupFunction } from 'node:net';
import type { Readable } from 'node:stream';
import { Agent, type Dispatcher } from 'undici';

/** What came back over HTTP. `body` is undefined when it was longer than the limit. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: Uint8Array | undefined;
}

/** The exchange failed. `isSent`: a connection stood and the request was on its way, so the receiver may have acted on it. */
export class ExchangeFailed extends Error {
  override readonly name = 'ExchangeFailed';
  readonly isSent: boolean;
  readonly reason: string;

  constructor(isSent: boolean, cause: unknown) {
    const reason = reasonOf(cause);
    super(reason, { cause });
    this.isSent = isSent && !/^ERR_SSL_/.test(reason);
    this.reason = reason;
  }
}

export interface AgentOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly connectTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly connections: number;
  readonly lookup?: LookupFunction;
}

/** A pool of our own: it alone takes TLS material and limits. */
export function createAgent(options: AgentOptions): Agent {
  const { ca, cert, key } = options;
  return new Agent({
    connections: options.connections,
    pipelining: 1,
    headersTimeout: options.requestTimeoutMs,
    bodyTimeout: options.requestTimeoutMs,
    connect: {
      timeout: options.connectTimeoutMs,
      minVersion: 'TLSv1.2',
      ...(options.lookup === undefined ? {} : { lookup: options.lookup }),
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
  });
}

export interface OpenRequest {
  readonly method: Dispatcher.HttpMethod;
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly body?: Uint8Array | string | Readable;
  readonly signal: AbortSignal;
}

export interface ExchangeRequest extends OpenRequest {
  readonly answerBytesMax: number;
}

/** An answer whose body is still to come: read it to its end, or discard it. Reading throws `ExchangeFailed`. */
export interface OpenAnswer {
  readonly status: number;
  readonly headers: HttpAnswer['headers'];
  readonly body: AsyncIterable<Uint8Array>;
  discard(): void;
}

/** One HTTP exchange, redirects not followed. Throws `ExchangeFailed` only. */
export async function exchange(agent: Agent, request: ExchangeRequest): Promise<HttpAnswer> {
  const { status, headers, body } = await openExchange(agent, request);
  return { status, headers, body: await readUpTo(body, request.answerBytesMax) };
}

/**
 * As `exchange`, with the body left to be streamed. By undici's `request`: its `fetch` costs twice the CPU time and adds headers of its own
 * (`accept-encoding`, `sec-fetch-mode`).
 */
export async function openExchange(agent: Agent, request: OpenRequest): Promise<OpenAnswer> {
  let isSent = false;
  const dispatcher = agent.compose(noteStart(() => (isSent = true)));
  try {
    request.signal.throwIfAborted();
    const { origin, pathname, search } = new URL(request.url);
    const { statusCode, headers, body } = await dispatcher.request({
      origin,
      path: `${pathname}${search}`,
      method: request.method,
      // Without it any coding may come (RFC 9110 §12.5.3), and a body is looked at as it is.
      headers: { 'accept-encoding': 'identity', ...request.headers },
      signal: request.signal,
      ...(request.body === undefined ? {} : { body: request.body }),
    });
    return {
      status: statusCode,
      headers: { get: (name) => firstOf(headers[name]) },
      body: piecesOf(body),
      discard: () => {
        // What it met is of no interest: nobody reads it.
        body.on('error', () => undefined).destroy();
      },
    };
  } catch (cause) {
    throw new ExchangeFailed(isSent, cause);
  }
}

async function* piecesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* body;
  } catch (cause) {
    throw new ExchangeFailed(true, cause);
  }
}

/** Tells when a request is written to a connection that stands: TCP and TLS are done then. */
function noteStart(started: () => void): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) =>
    dispatch(
      options,
      new Proxy(handler, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name, target);
          if (typeof value !== 'function') return value;
          return (...args: unknown[]) => {
            if (name === 'onRequestStart' || name === 'onConnect') started();
            return Reflect.apply(value, target, args) as unknown;
          };
        },
      }),
    );
}

function firstOf(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

export async function readUpTo(
  body: AsyncIterable<Uint8Array>,
  bytesMax: number,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let bytesCount = 0;
  for await (const chunk of body) {
    bytesCount += chunk.byteLength;
    if (bytesCount > bytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The innermost code of the chain of causes: `ECONNREFUSED`, `UND_ERR_HEADERS_TIMEOUT`, `CERT_HAS_EXPIRED`, `AbortError`. */
function reasonOf(error: unknown): string {
  let reason = 'unknown failure';
  for (let at = error; typeof at === 'object' && at !== null; at = (at as { cause?: unknown }).cause) {
    const { code, name, message } = at as { code?: unknown; name?: unknown; message?: unknown };
    if (typeof code === 'string') reason = code;
    else if (name === 'AbortError' || name === 'TimeoutError') reason = name;
    else if (typeof message === 'string' && reason === 'unknown failure') reason = message;
  }
  return reason;
}
