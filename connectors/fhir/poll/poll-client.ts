import { BitHiveError, toBitHiveError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { isObject, parseFhirJson, textOf, type UnknownObject } from '../../../formats/fhir/index.ts';
import { baseUrl } from '../../http/base-url.ts';
import { createCredentials } from '../../http/credentials.ts';
import { createAgent, ExchangeFailed, exchange, type HttpAnswer } from '../../http/exchange.ts';
import { fhirJson } from '../request-form.ts';
import type { FhirPollOptions } from './poll-options.ts';

export interface Read {
  readonly resource: UnknownObject;
  /** The server's clock (Date header), in ms; undefined where it says none. */
  readonly serverAtMs: number | undefined;
}

/** Reads from one FHIR server. */
export interface PollClient {
  /** The base URL, without a slash at its end. */
  readonly base: string;
  /**
   * @param url relative to the base, or absolute; it is asked at the base's own origin whatever host it names, so that credentials go nowhere else
   * @returns undefined when the server has no such resource (404, 410)
   * @throws BH_DELIVERY_UNREACHABLE, BH_DELIVERY_REFUSED, BH_CONFIG_SECRET
   */
  read(url: string, signal: AbortSignal): Promise<Read | undefined>;
  close(): Promise<void>;
}

export async function openPollClient(options: FhirPollOptions): Promise<PollClient> {
  const base = baseUrl(options.url);
  const { tls, auth, ports, lookup } = options;
  const key = tls?.privateKey === undefined ? undefined : await ports.keys.secret(tls.privateKey);
  const agent = createAgent({
    connectTimeoutMs: limits.httpHeadMs,
    requestTimeoutMs: limits.httpRequestMs,
    connections: readsAtOnce,
    ...(lookup === undefined ? {} : { lookup }),
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls?.certificate === undefined ? {} : { cert: tls.certificate }),
    ...(key === undefined ? {} : { key }),
  });
  const credentials = createCredentials(auth, ports, (request) =>
    exchange(agent, { ...request, answerBytesMax: limits.deliveryAnswerBytesMax }),
  );
  const once = async (url: string, signal: AbortSignal): Promise<HttpAnswer> => {
    const authorization = await credentials.authorization(signal);
    const headers = { accept: fhirJson, ...(authorization === undefined ? {} : { authorization }) };
    return exchange(agent, {
      method: 'GET',
      url,
      headers,
      signal,
      answerBytesMax: limits.deliveryBodyBytesMax,
    });
  };
  return {
    base,
    async read(url, stop) {
      const target = atBase(url, base);
      const signal = AbortSignal.any([stop, AbortSignal.timeout(limits.httpRequestMs)]);
      try {
        let answer = await once(target, signal);
        if (answer.status === 401 && credentials.forget()) answer = await once(target, signal);
        return readIn(answer);
      } catch (cause) {
        if (!(cause instanceof ExchangeFailed)) throw toBitHiveError(cause);
        throw new BitHiveError('BH_DELIVERY_UNREACHABLE', `the FHIR server: ${cause.reason}`, { cause });
      }
    },
    close: () => agent.destroy(),
  };
}

/** Reads in flight of one source at most. */
export const readsAtOnce = 4;

function atBase(url: string, base: string): string {
  const target = new URL(url, `${base}/`);
  const { origin } = new URL(base);
  return `${origin}${target.pathname}${target.search}`;
}

function readIn({ status, headers, body }: HttpAnswer): Read | undefined {
  if (status === 404 || status === 410) return undefined;
  if (status !== 200)
    throw new BitHiveError(
      status >= 500 || status === 429 ? 'BH_DELIVERY_BUSY' : 'BH_DELIVERY_REFUSED',
      `the FHIR server answered HTTP ${status}`,
    );
  if (body === undefined)
    throw new BitHiveError('BH_DELIVERY_REFUSED', 'the answer of the FHIR server is over the limit');
  const resource: unknown = parseFhirJson(body);
  if (!isObject(resource) || textOf(resource, 'resourceType') === undefined)
    throw new BitHiveError('BH_DELIVERY_REFUSED', 'the FHIR server did not answer a resource');
  const serverAtMs = Date.parse(headers.get('date') ?? '');
  return { resource, serverAtMs: Number.isNaN(serverAtMs) ? undefined : serverAtMs };
}
