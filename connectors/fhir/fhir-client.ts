import type { Readable } from 'node:stream';
import { Client, type FhirResource } from 'fhir-kit-client';
import { isObject, type UnknownObject } from '../../formats/fhir/index.ts';
import type { ExchangeRequest, HttpAnswer } from '../http/exchange.ts';

export interface FhirAnswer extends HttpAnswer {
  /** The body as a resource; undefined when it is empty, too long, or no FHIR JSON. */
  readonly resource: UnknownObject | undefined;
}

export interface FhirClient {
  request(
    method: 'POST' | 'PUT' | 'DELETE',
    url: string,
    options: {
      readonly headers: Record<string, string>;
      readonly signal: AbortSignal;
      readonly body?: Uint8Array | Readable;
    },
  ): Promise<FhirAnswer>;
}

/**
 * A fhir-kit-client whose requests go through `send`. The client hands an `agent` to the global fetch, which ignores it: no CA,
 * no mutual TLS, no time or size limit, and no status of an answer that is not JSON. So its one request method is replaced;
 * answers of any status resolve.
 */
export function createFhirClient(
  baseUrl: string,
  send: (request: Omit<ExchangeRequest, 'answerBytesMax'>) => Promise<HttpAnswer>,
): FhirClient {
  const client = new Client({ baseUrl });
  const answers = new WeakMap<FhirResource, FhirAnswer>();
  client.httpClient.request = async (method, url, options = {}, body) => {
    const answer = await send({
      method: method as ExchangeRequest['method'],
      url,
      headers: options.headers ?? {},
      signal: options.signal as AbortSignal,
      ...(body === undefined ? {} : { body: body as Uint8Array | Readable }),
    });
    const resource = resourceIn(answer.body);
    const result: FhirResource = { ...resource, resourceType: String(resource?.resourceType) };
    answers.set(result, { ...answer, resource });
    return result;
  };
  return {
    request: async (method, url, options) => {
      const { headers, signal, body } = options;
      const result = await client.request(url, { method, options: { headers, signal }, body });
      return answers.get(result) as FhirAnswer;
    },
  };
}

function resourceIn(body: Uint8Array | undefined): UnknownObject | undefined {
  if (body === undefined || body.byteLength === 0) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return isObject(value) && typeof value.resourceType === 'string' ? value : undefined;
  } catch {
    // A proxy's page or a cut answer: the caller sees bytes without a resource and judges by the status.
    return undefined;
  }
}
