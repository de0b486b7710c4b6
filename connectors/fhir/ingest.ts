import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { assert } from '../../core/assert.ts';
import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Arrival, Refusal } from '../../core/message.ts';
import type { Accept, Acceptance, Histogram, Listening } from '../../core/ports/index.ts';
import { hasErrors, isObject, parseFhirJson, resourceTypeNames } from '../../formats/fhir/index.ts';
import type { HttpSource } from '../http-source.ts';
import { capabilityStatement } from './capability.ts';
import { ingestError, sendAcceptance, sendIssues, sendRefusal } from './ingest-answer.ts';
import { arrivalOf } from './ingest-arrival.ts';
import { checkEntryCount, issuesOf, unpack } from './ingest-body.ts';
import type { FhirIngestOptions } from './ingest-options.ts';
import { checkAccept, checkContent } from './media-type.ts';

/**
 * FHIR R4 in: `POST {path}` (Bundle), `POST {path}/{type}`, `GET {path}/metadata`. A body is validated, made durable, then
 * answered; what is refused for its content is kept in quarantine. `docs/decisions/0005-fhir.md` has the reasons.
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
      scope.post(this.path, routeOptions, (request, reply) => this.#handle(request, reply));
      scope.post<{ Params: { type: string } }>(`${this.path}/:type`, routeOptions, (request, reply) =>
        this.#handle(request, reply, request.params.type),
      );
    });
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
    if (request.method !== 'POST') return;
    const { type } = request.params as { type?: string };
    if (type !== undefined && !resourceTypeNames().has(type)) {
      throw new BitHiveError('BH_HTTP_NOT_FOUND', 'R4 has no resource type of this name');
    }
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

  async #handle(request: FastifyRequest, reply: FastifyReply, type?: string): Promise<FastifyReply> {
    const { clock } = this.#options;
    const startMs = clock.monotonicMs();
    const work = this.#take(request, reply, this.#door(), type);
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
    type: string | undefined,
  ): Promise<FastifyReply> {
    const sent = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const { bytes, resource } = await this.#read(sent, request.headers['content-encoding']);
    if (resource instanceof BitHiveError) {
      const refusal = { code: resource.code, detail: resource.detail };
      await accept(await this.#arrival(request, bytes, undefined, refusal));
      return sendRefusal(reply, resource);
    }
    if (isObject(resource)) checkEntryCount(resource);
    const issues = await issuesOf(resource, type, () => this.#options.clock.monotonicMs());
    if (hasErrors(issues)) {
      const first = issues.find((issue) => issue.severity === 'error');
      const detail = `${issues.length} issues, first at ${first?.path}: ${first?.message}`;
      await accept(await this.#arrival(request, bytes, resource, { code: 'BH_FHIR_INVALID', detail }));
      return sendIssues(reply, issues);
    }
    return this.#answer(reply, await accept(await this.#arrival(request, bytes, resource)), request);
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

  #answer(reply: FastifyReply, acceptance: Acceptance, request: FastifyRequest): FastifyReply {
    if (acceptance.kind !== 'refused') {
      return sendAcceptance(reply, acceptance, request.headers.prefer?.toString());
    }
    const { code, detail } = acceptance.error;
    reply.header('bithive-message-id', String(acceptance.id));
    return sendRefusal(reply, new BitHiveError(code as BitHiveError['code'], detail));
  }

  #arrival(request: FastifyRequest, bytes: Uint8Array, value: unknown, refusal?: Refusal): Promise<Arrival> {
    const { senderOf, blobs } = this.#options;
    const sender = senderOf?.(request) || request.ip;
    return arrivalOf(
      { headers: request.headers, sender, bytes, value, blobs, bytesMax: this.#bodyBytesMax },
      refusal,
    );
  }

  #refuse(reply: FastifyReply, error: unknown): FastifyReply {
    const known = ingestError(error);
    if (known.entry.http >= 500)
      this.#options.logger.error('fhir.request.failed', { code: known.code }, error);
    return sendRefusal(reply, known);
  }
}
