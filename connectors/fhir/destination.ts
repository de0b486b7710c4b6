import { Readable } from 'node:stream';
import type { DeliveryOutcome, LeasedDelivery } from '../../core/delivery.ts';
import { BitHiveError, toBitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Body } from '../../core/message.ts';
import type { Destination } from '../../core/ports/index.ts';
import { baseUrl } from '../http/base-url.ts';
import { type Credentials, createCredentials } from '../http/credentials.ts';
import { createAgent, ExchangeFailed, exchange } from '../http/exchange.ts';
import { withAnswer } from './answer-arrival.ts';
import { type AttemptFacts, outcomeOfAnswer, outcomeOfFailure } from './answer-outcome.ts';
import { binaryRequest, type StreamedRequest } from './binary-request.ts';
import type { FhirDestinationOptions } from './destination-options.ts';
import { createFhirClient, type FhirClient } from './fhir-client.ts';
import { fhirJson, headersOf, pack } from './request-form.ts';
import { planRequest } from './request-plan.ts';

interface Connection {
  readonly client: FhirClient;
  readonly credentials: Credentials;
  close(): Promise<void>;
}

/**
 * A FHIR R4 server as a receiver. The delivery's body is FHIR JSON: a Bundle goes to the base, a resource where its facts
 * `{method, url, ifNoneExist, ifMatch}` say. What each answer means: `outcomeOfAnswer`.
 */
export function createFhirDestination(options: FhirDestinationOptions): Destination {
  const target = baseUrl(options.url);
  let connection: Promise<Connection> | undefined;
  const connect = () => {
    // A secret that could not be read now may be there at the next attempt.
    connection ??= openConnection(options, target).catch((error: unknown) => {
      connection = undefined;
      throw error;
    });
    return connection;
  };
  return {
    kind: 'fhir',
    target,
    concurrency: options.concurrency ?? 4,
    send: async (delivery, signal) => {
      try {
        return await attempt(options, target, await connect(), delivery, signal);
      } catch (error) {
        return outcomeBeforeSending(error);
      }
    },
    close: async () => {
      await (await connection)?.close();
    },
  };
}

async function openConnection(options: FhirDestinationOptions, target: string): Promise<Connection> {
  const { tls, ports } = options;
  const key = tls?.privateKey === undefined ? undefined : await ports.keys.secret(tls.privateKey);
  const agent = createAgent({
    connectTimeoutMs: options.connectTimeoutMs ?? limits.httpHeadMs,
    requestTimeoutMs: options.requestTimeoutMs ?? limits.httpRequestMs,
    connections: options.concurrency ?? 4,
    ...(options.lookup === undefined ? {} : { lookup: options.lookup }),
    ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls?.certificate === undefined ? {} : { cert: tls.certificate }),
    ...(key === undefined ? {} : { key }),
  });
  const answerBytesMax = options.answerBytesMax ?? limits.deliveryAnswerBytesMax;
  const send: Parameters<typeof createFhirClient>[1] = (request) =>
    exchange(agent, { ...request, answerBytesMax });
  return {
    client: createFhirClient(target, send),
    credentials: createCredentials(options.auth, ports, send),
    close: () => agent.destroy(),
  };
}

async function attempt(
  options: FhirDestinationOptions,
  target: string,
  { client, credentials }: Connection,
  delivery: LeasedDelivery,
  stop: AbortSignal,
): Promise<DeliveryOutcome> {
  const streamed = binaryRequest(delivery, options.ports.blobs);
  const body = streamed === null ? await bytesOf(delivery.body, options) : null;
  const plan = streamed?.plan ?? planRequest(body ?? new Uint8Array(0), delivery.facts);
  const signal = AbortSignal.any([
    stop,
    AbortSignal.timeout(options.requestTimeoutMs ?? limits.httpRequestMs),
  ]);
  const isEmpty = plan.method === 'DELETE' || body === null;
  const packed = isEmpty ? undefined : await pack(body, options.gzip ?? false);
  const packedHeaders = streamed === null ? packed?.headers : streamedHeaders(streamed);
  const once = async () => {
    const headers = { ...headersOf(options, delivery, plan), ...packedHeaders };
    const authorization = await credentials.authorization(signal);
    return client.request(plan.method, plan.path === '' ? target : `${target}/${plan.path}`, {
      headers: authorization === undefined ? headers : { ...headers, authorization },
      signal,
      ...(packed === undefined ? {} : { body: packed.bytes }),
      ...(streamed === null ? {} : { body: Readable.from(streamed.body(), { objectMode: false }) }),
    });
  };
  try {
    let answer = await once();
    // The token was revoked before its time. The request was not looked at, so it may be sent again, once.
    if (answer.status === 401 && credentials.forget()) answer = await once();
    const facts: AttemptFacts = {
      plan,
      attempt: delivery.attempts,
      conflictAttemptsMax: options.conflictAttemptsMax ?? 5,
      nowMs: options.ports.clock.nowMs(),
    };
    return await withAnswer(outcomeOfAnswer(answer, facts), answer, target, options.ports.blobs);
  } catch (error) {
    if (error instanceof ExchangeFailed) return outcomeOfFailure(error, plan);
    throw error;
  }
}

const streamedHeaders = ({ bytesCount }: StreamedRequest): Record<string, string> => ({
  'content-type': fhirJson,
  'content-length': String(bytesCount),
});

/** Nothing has left: a body that makes no request is dead, everything else (secret, token, blob) may be repaired. */
function outcomeBeforeSending(error: unknown): DeliveryOutcome {
  const { code, detail } = toBitHiveError(error);
  if (code === 'BH_INTERNAL') throw error;
  if (code === 'BH_FHIR_SYNTAX' || code === 'BH_BLOB_CORRUPT')
    return { kind: 'dead', error: { code, detail } };
  return { kind: 'retry', error: { code, detail } };
}

async function bytesOf(body: Body, { ports }: FhirDestinationOptions): Promise<Uint8Array> {
  if (body.kind === 'inline') return body.bytes;
  if (ports.blobs === undefined)
    throw new BitHiveError('BH_STORE_NOT_FOUND', 'this destination has no blob store');
  if (body.bytesCount > limits.deliveryBodyBytesMax) {
    throw new BitHiveError('BH_FHIR_SYNTAX', 'the body is over the limit of a delivery');
  }
  return ports.blobs.read(body.hash);
}
