import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { assert } from '../../core/assert.ts';
import { BitHiveError, toBitHiveError } from '../../core/errors.ts';
import type { Accept, Listening } from '../../core/ports/index.ts';
import { readMultipart } from '../../formats/multipart/index.ts';
import { Finishing } from '../dicom-objects/finishing.ts';
import type { InstanceResult } from '../dicom-objects/instance-result.ts';
import { type IncomingObject, Intake } from '../dicom-objects/intake.ts';
import type { HttpSource } from '../http-source.ts';
import { objectionOf } from './part-objection.ts';
import { readRequestBody } from './request-body.ts';
import { sendProblem, sendStoreResponse } from './stow-answer.ts';
import { type StowMetrics, stowMetrics } from './stow-metrics.ts';
import { type StowLimits, type StowOptions, stowLimits } from './stow-options.ts';
import { readStowRequest, type StowRequest } from './stow-request.ts';

/** After an early answer, what the client still sends is read and dropped this long, so that it sees the answer and not a reset. */
const lingerMs = 5_000;

/**
 * STOW-RS (PS3.18 10.5): `POST {path}/studies` and `POST {path}/studies/{uid}`. Bodies stream to the blob store; each instance is
 * durable, then accepted, then answered.
 */
export function createStowSource(options: StowOptions): HttpSource {
  return new StowSource(options);
}

interface OpenRequest {
  readonly stop: AbortController;
  /** The handler is done: nothing of this request will be written any more. */
  readonly handled: Promise<void>;
  /** The answer has left, or its client has. */
  readonly answered: Promise<void>;
}

class StowSource implements HttpSource {
  readonly path: string;
  readonly #options: StowOptions;
  readonly #limits: StowLimits;
  readonly #metrics: StowMetrics;
  readonly #open = new Set<OpenRequest>();
  #app: FastifyInstance | null = null;
  #accept: Accept | null = null;

  constructor(options: StowOptions) {
    this.path = options.path ?? '/dicomweb';
    this.#options = options;
    this.#limits = { ...stowLimits, ...options.limits };
    this.#metrics = stowMetrics(options.metrics);
  }

  /** The routes live in a scope of their own, whose only body parser hands over the raw stream. */
  register(app: FastifyInstance): void {
    this.#app = app;
    app.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
      scope.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
        const isMediaType = error.statusCode === 415;
        const known = isMediaType
          ? new BitHiveError('BH_HTTP_MEDIA_TYPE', 'not a media type')
          : toBitHiveError(error);
        // What the door refuses (no token, wrong Host) is no fault of ours.
        if (known.entry.http >= 500)
          this.#options.logger.error('dicomweb.request.failed', { code: known.code }, error);
        this.#linger(request.raw);
        return sendProblem(reply, known, 0);
      });
      scope.post(`${this.path}/studies`, (request, reply) => this.#handle(request, reply));
      scope.post<{ Params: { study: string } }>(`${this.path}/studies/:study`, (request, reply) =>
        this.#handle(request, reply, request.params.study),
      );
    });
  }

  async start(accept: Accept): Promise<Listening> {
    assert(this.#app !== null, 'a source is registered before it starts');
    this.#accept = accept;
    const address = this.#app.addresses().find((one) => typeof one !== 'string');
    return { protocol: 'dicomweb', host: address?.address ?? '', port: address?.port ?? 0, path: this.path };
  }

  async stop(graceMs: number): Promise<void> {
    this.#accept = null;
    const requests = [...this.#open];
    let cancel = (): void => {};
    const graceIsOver = new Promise<void>((resolve) => {
      cancel = this.#options.clock.after(graceMs, resolve);
    });
    await Promise.race([Promise.all(requests.map((request) => request.answered)), graceIsOver]);
    cancel();
    for (const request of requests) request.stop.abort();
    await Promise.all(requests.map((request) => request.handled));
  }

  async #handle(request: FastifyRequest, reply: FastifyReply, study?: string): Promise<FastifyReply> {
    const { clock } = this.#options;
    const startMs = clock.monotonicMs();
    const finishing = new Finishing<InstanceResult>(this.#limits.finishingMax);
    let handled = (): void => {};
    try {
      const accept = this.#door();
      const asked = readStowRequest(request.headers, this.#limits.bodyBytesMax);
      const stop = new AbortController();
      handled = this.#enter(stop, reply.raw);
      await this.#checkSpace(request);
      await this.#receive(request, asked, accept, study, finishing, stop.signal);
      return sendStoreResponse(reply, await this.#results(finishing), this.#base(request), asked.answer);
    } catch (error) {
      const stored = (await this.#results(finishing)).filter((result) => result.kind === 'stored').length;
      return this.#refuse(request, reply, error, stored);
    } finally {
      handled();
      this.#metrics.requestEnded(reply.statusCode, (clock.monotonicMs() - startMs) / 1000);
    }
  }

  #door(): Accept {
    if (this.#accept === null) throw new BitHiveError('BH_STOPPING', 'no new instances are taken');
    if (this.#open.size >= this.#limits.requestsMax) {
      throw new BitHiveError('BH_STORE_BUSY', `${this.#limits.requestsMax} store requests are open`);
    }
    return this.#accept;
  }

  /** Counts the request as open until it is handled and its answer has left; returns what tells that it is handled. */
  #enter(stop: AbortController, response: ServerResponse): () => void {
    let handled = (): void => {};
    const isHandled = new Promise<void>((resolve) => {
      handled = resolve;
    });
    const answered = new Promise<void>((resolve) => {
      response.once('finish', resolve).once('close', resolve);
    });
    const entry = { stop, handled: isHandled, answered };
    this.#open.add(entry);
    this.#metrics.openRequests(this.#open.size);
    void Promise.all([isHandled, answered]).then(() => {
      this.#open.delete(entry);
      this.#metrics.openRequests(this.#open.size);
    });
    return handled;
  }

  async #checkSpace(request: FastifyRequest): Promise<void> {
    const declaredBytes = Number(request.headers['content-length'] ?? 0);
    const freeBytes = await this.#options.blobs.freeBytes();
    if (freeBytes - declaredBytes < this.#limits.diskFreeBytesMin) {
      throw new BitHiveError('BH_STORE_FULL', 'the disk has no room for this request');
    }
  }

  async #receive(
    request: FastifyRequest,
    asked: StowRequest,
    accept: Accept,
    study: string | undefined,
    finishing: Finishing<InstanceResult>,
    signal: AbortSignal,
  ): Promise<void> {
    const { blobs, logger, senderOf } = this.#options;
    const intake = new Intake({
      protocol: 'dicomweb',
      blobs,
      accept,
      logger,
      sender: senderOf?.(request) || request.ip,
      objectBytesMax: this.#limits.partBytesMax,
    });
    for await (const part of this.#parts(request.raw, asked.boundary, study, signal)) {
      await finishing.start(await intake.receive(part));
    }
    if (finishing.startedCount === 0) throw new BitHiveError('BH_MULTIPART_SYNTAX', 'no part');
  }

  async *#parts(
    raw: IncomingMessage,
    boundary: string | null,
    study: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<IncomingObject> {
    const body = readRequestBody(raw, this.#limits, this.#options.clock, signal);
    if (boundary === null) {
      yield { body, objection: objectionOf(study, undefined) };
      return;
    }
    for await (const part of readMultipart(body, boundary, this.#limits)) {
      yield { body: part.body, objection: objectionOf(study, part.headers.get('content-type')) };
    }
  }

  async #results(finishing: Finishing<InstanceResult>): Promise<readonly InstanceResult[]> {
    const results = await finishing.all();
    for (const result of results) this.#metrics.instanceEnded(result);
    return results;
  }

  #refuse(request: FastifyRequest, reply: FastifyReply, error: unknown, storedCount: number): FastifyReply {
    const known = toBitHiveError(error);
    this.#metrics.bodyBroken(known.code);
    const log = known.code === 'BH_INTERNAL' ? this.#options.logger.error : this.#options.logger.info;
    log.call(this.#options.logger, 'dicomweb.request.refused', { code: known.code, storedCount }, error);
    if (known.code === 'BH_HTTP_TIMEOUT') reply.header('connection', 'close');
    this.#linger(request.raw);
    return sendProblem(reply, known, storedCount);
  }

  #linger(raw: IncomingMessage): void {
    if (raw.complete || raw.destroyed) return;
    raw.resume();
    const { socket } = raw;
    const cancel = this.#options.clock.after(lingerMs, () => raw.destroy());
    const end = (): void => {
      cancel();
      socket.off('close', end);
    };
    raw.once('end', end);
    socket.once('close', end);
  }

  #base(request: FastifyRequest): string {
    return `${this.#options.baseUrl ?? `${request.protocol}://${request.host}`}${this.path}`;
  }
}
