import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { assert } from '../../core/assert.ts';
import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Arrival, Refusal } from '../../core/message.ts';
import type { Accept, Acceptance, Histogram, Listening } from '../../core/ports/index.ts';
import {
  type FhirIssue,
  hasErrors,
  isObject,
  parseFhirJson,
  type UnknownObject,
} from '../../formats/fhir/index.ts';
import type { HttpSource } from '../http-source.ts';
import {
  type Address,
  addressIssues,
  checkParameters,
  checkQuery,
  expectedType,
  factsOf,
} from './address.ts';
import { splitInvalid } from './batch-split.ts';
import { entriesAnswer, messageAnswer } from './bundle-answer.ts';
import { capabilityStatement } from './capability.ts';
import {
  ingestError,
  sendAcceptance,
  sendBundle,
  sendIssues,
  sendPinged,
  sendRefusal,
} from './ingest-answer.ts';
import { arrivalOf } from './ingest-arrival.ts';
import { checkEntryCount, issuesOf, unpack } from './ingest-body.ts';
import type { FhirIngestOptions } from './ingest-options.ts';
import { checkAccept, checkContent } from './media-type.ts';

/**
 * FHIR R4 in: `POST {path}` (Bundle), `POST {path}/{type}`, `PUT {path}/{type}/{id}`, `POST {path}/$process-message`, notifications of rest-hook Subscriptions at
 * `{path}/$notify/{name}`, `GET {path}/metadata`. A body is validated, made durable, then answered; what is refused for its content is kept
 * in quarantine. `docs/decisions/0005-fhir.md` has the reasons.
 */
export function createFhirIngest(options: FhirIngestOptions): HttpSource {
  return new FhirIngest(options);
}

class FhirIngest implements HttpSource {
  readonly path: string;
  readonly #options: FhirIngestOptions;
  readonly #bodyBytesMax: number;
  readonly #requestsMax: number;
  readonly #seconds: Histogram;
  /** What is being validated or stored. */
  readonly #work = new Set<Promise<unknown>>();
  #openCount = 0;
  #app: FastifyInstance | null = null;
  #accept: Accept | null = null;

  constructor(options: FhirIngestOptions) {
    this.path = options.path ?? '/fhir';
    this.#options = options;
    this.#bodyBytesMax = options.bodyBytesMax ?? limits.httpBodyBytesMax;
    this.#requestsMax = options.requestsMax ?? limits.fhirRequestsMax;
    this.#seconds = options.metrics.histogram({
      name: 'bithive_fhir_request_seconds',
      help: 'Time of FHIR requests, from head to answer, by HTTP status.',
      labels: ['status'],
      buckets: [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30],
    });
  }

  register(app: FastifyInstance): void {
    this.#app = app;
    app.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
      scope.addHook('onRequest', async (request, reply) => this.#checkHead(request, reply));
      scope.setErrorHandler((error, _request, reply) => this.#refuse(reply, error));
      const routeOptions = { bodyLimit: this.#bodyBytesMax };
      scope.get(`${this.path}/metadata`, (_request, reply) =>
        reply
          .type('application/fhir+json; charset=utf-8')
          .send(JSON.stringify(capabilityStatement(this.#options.version))),
      );
      this.#routes(scope, routeOptions);
    });
  }

  #routes(scope: FastifyInstance, routeOptions: { readonly bodyLimit: number }): void {
    const { path } = this;
    scope.post(path, routeOptions, (request, reply) => this.#handle(request, reply, { kind: 'base' }));
    scope.post(`${path}/$process-message`, routeOptions, (request, reply) =>
      this.#handle(request, reply, { kind: 'message' }),
    );
    scope.post<{ Params: { subscription: string } }>(
      `${path}/$notify/:subscription`,
      routeOptions,
      (request, reply) => this.#handle(request, reply, { kind: 'notification', ...request.params }),
    );
    scope.put<{ Params: { subscription: string; type: string; id: string } }>(
      `${path}/$notify/:subscription/:type/:id`,
      routeOptions,
      (request, reply) => this.#handle(request, reply, { kind: 'update', ...request.params }),
    );
    scope.post<{ Params: { type: string } }>(`${path}/:type`, routeOptions, (request, reply) =>
      this.#handle(request, reply, { kind: 'create', ...request.params }),
    );
    scope.put<{ Params: { type: string; id: string } }>(`${path}/:type/:id`, routeOptions, (request, reply) =>
      this.#handle(request, reply, { kind: 'update', ...request.params }),
    );
  }

  async start(accept: Accept): Promise<Listening> {
    assert(this.#app !== null, 'a source is registered before it starts');
    this.#accept = accept;
    const address = this.#app.addresses().find((one) => typeof one !== 'string');
    return { protocol: 'fhir', host: address?.address ?? '', port: address?.port ?? 0, path: this.path };
  }

  async stop(graceMs: number): Promise<void> {
    this.#accept = null;
    let cancel = (): void => {};
    const graceIsOver = new Promise<void>((resolve) => {
      cancel = this.#options.clock.after(graceMs, resolve);
    });
    await Promise.race([Promise.allSettled([...this.#work]), graceIsOver]);
    cancel();
  }

  /** Before the body is read: a type that is not taken is not worth its bytes. */
  #checkHead(request: FastifyRequest, reply: FastifyReply): void {
    checkAccept(request.headers.accept);
    if (request.method !== 'POST' && request.method !== 'PUT') return;
    const parameters = request.params as { type?: string; subscription?: string };
    checkParameters(parameters);
    const mayBeEmpty = parameters.subscription !== undefined && parameters.type === undefined;
    if (!mayBeEmpty || !isEmpty(request))
      checkContent(request.headers['content-type'], request.headers['content-encoding']);
    this.#door();
    if (this.#openCount >= this.#requestsMax) {
      throw new BitHiveError('BH_STORE_BUSY', `${this.#requestsMax} FHIR requests are open`);
    }
    this.#enter(reply);
  }

  /** Counts the request as open until its answer has left or its client has. */
  #enter(reply: FastifyReply): void {
    this.#openCount += 1;
    reply.raw.once('close', () => {
      this.#openCount -= 1;
    });
  }

  #door(): Accept {
    if (this.#accept === null) throw new BitHiveError('BH_STOPPING', 'no new messages are taken');
    return this.#accept;
  }

  async #handle(request: FastifyRequest, reply: FastifyReply, address: Address): Promise<FastifyReply> {
    const { clock } = this.#options;
    const startMs = clock.monotonicMs();
    const work = this.#take(request, reply, this.#door(), address);
    this.#work.add(work);
    try {
      return await work;
    } catch (error) {
      return this.#refuse(reply, error);
    } finally {
      this.#work.delete(work);
      this.#seconds.observe((clock.monotonicMs() - startMs) / 1000, { status: String(reply.statusCode) });
    }
  }

  async #take(
    request: FastifyRequest,
    reply: FastifyReply,
    accept: Accept,
    address: Address,
  ): Promise<FastifyReply> {
    checkQuery(address, request.query as UnknownObject);
    const sent = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    if (address.kind === 'notification' && sent.length === 0)
      return this.#pinged(reply, address.subscription);
    const { bytes, resource } = await this.#read(sent, request.headers['content-encoding']);
    if (resource instanceof BitHiveError) {
      const refusal = { code: resource.code, detail: resource.detail };
      await accept(await this.#arrival(request, address, bytes, undefined, refusal));
      return sendRefusal(reply, resource);
    }
    if (isObject(resource)) checkEntryCount(resource);
    const issues = await this.#issues(resource, address);
    if (hasErrors(issues)) return this.#invalid(request, reply, accept, { address, bytes, resource, issues });
    const acceptance = await accept(await this.#arrival(request, address, bytes, resource));
    return this.#answer(reply, acceptance, request, { address, resource, refused: new Map() });
  }

  async #issues(value: unknown, address: Address): Promise<readonly FhirIssue[]> {
    const issues = await issuesOf(value, expectedType(address, value), () =>
      this.#options.clock.monotonicMs(),
    );
    return [...addressIssues(address, value), ...issues];
  }

  /** What is not valid is kept in quarantine; of a batch only the entries that are not. */
  async #invalid(
    request: FastifyRequest,
    reply: FastifyReply,
    accept: Accept,
    posted: { address: Address; bytes: Uint8Array; resource: unknown; issues: readonly FhirIssue[] },
  ): Promise<FastifyReply> {
    const { address, bytes, resource, issues } = posted;
    const first = issues.find((issue) => issue.severity === 'error');
    const detail = `${issues.length} issues, first at ${first?.path}: ${first?.message}`;
    const whole = await this.#arrival(request, address, bytes, resource, { code: 'BH_FHIR_INVALID', detail });
    const split = isObject(resource) ? splitInvalid(bytes, resource, issues) : null;
    const rest: unknown = split === null ? null : parseFhirJson(split.bytes);
    if (split === null || hasErrors(await this.#issues(rest, address))) {
      await accept(whole);
      return sendIssues(reply, issues);
    }
    // Two messages of one exchange: each has a name of its own.
    const named = whole.dedupe && { ...whole.dedupe, key: `${whole.dedupe.key}|whole` };
    const { id: parent } = await accept({ ...whole, ...(named ? { dedupe: named } : {}) });
    const valid = await this.#arrival(request, address, split.bytes, rest);
    return this.#answer(reply, await accept({ ...valid, parent }), request, {
      address,
      resource,
      refused: split.refused,
    });
  }

  /** The sender tells that there is something to read, not what. Whoever reads it is woken; there is nothing to keep. */
  #pinged(reply: FastifyReply, subscription: string): FastifyReply {
    this.#options.pinged?.(subscription);
    this.#options.logger.info('fhir.notified', { subscription });
    return sendPinged(reply);
  }

  /** The body unpacked and parsed, or the bytes as they came and why they cannot be. */
  async #read(
    sent: Uint8Array,
    contentEncoding: string | undefined,
  ): Promise<{ bytes: Uint8Array; resource: unknown }> {
    let bytes = sent;
    try {
      bytes = await unpack(sent, contentEncoding, this.#bodyBytesMax);
      return { bytes, resource: parseFhirJson(bytes) };
    } catch (error) {
      if (error instanceof BitHiveError && error.code === 'BH_FHIR_SYNTAX') return { bytes, resource: error };
      throw error;
    }
  }

  #answer(
    reply: FastifyReply,
    acceptance: Acceptance,
    request: FastifyRequest,
    asked: { address: Address; resource: unknown; refused: ReadonlyMap<number, readonly FhirIssue[]> },
  ): FastifyReply {
    const { address, resource, refused } = asked;
    if (acceptance.kind === 'refused') {
      const { code, detail } = acceptance.error;
      reply.header('bithive-message-id', String(acceptance.id));
      return sendRefusal(reply, new BitHiveError(code as BitHiveError['code'], detail));
    }
    if (acceptance.kind === 'accepted' && isObject(resource)) {
      const { version, clock } = this.#options;
      const context = { version, atMs: clock.nowMs(), uuid: randomUUID };
      const bundle =
        entriesAnswer(resource, acceptance, refused) ?? messageAnswer(resource, acceptance, context);
      if (bundle !== null) return sendBundle(reply, acceptance, bundle, request.headers.prefer?.toString());
    }
    // A Subscription's server asks for 200 or 201; 202 would be a failure to some.
    const status = address.kind === 'update' || address.kind === 'notification' ? 200 : 202;
    return sendAcceptance(reply, acceptance, request.headers.prefer?.toString(), status);
  }

  async #arrival(
    request: FastifyRequest,
    address: Address,
    bytes: Uint8Array,
    value: unknown,
    refusal?: Refusal,
  ): Promise<Arrival> {
    const { senderOf, blobs } = this.#options;
    const sender = senderOf?.(request) || request.ip;
    const arrival = await arrivalOf(
      { headers: request.headers, sender, bytes, value, blobs, bytesMax: this.#bodyBytesMax },
      refusal,
    );
    return { ...arrival, facts: { ...arrival.facts, ...factsOf(address) } };
  }

  #refuse(reply: FastifyReply, error: unknown): FastifyReply {
    const known = ingestError(error);
    if (known.entry.http >= 500)
      this.#options.logger.error('fhir.request.failed', { code: known.code }, error);
    return sendRefusal(reply, known);
  }
}

const isEmpty = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0';
