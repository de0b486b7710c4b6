import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { assert } from '../../../core/assert.ts';
import { BitHiveError, toBitHiveError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import type { Accept, Listening, Source } from '../../../core/ports/index.ts';
import { secureContext } from '../../tls.ts';
import { acceptAssociation } from '../upper-layer/accept-association.ts';
import type { Association } from '../upper-layer/association.ts';
import { judgeAssociation } from './association-judge.ts';
import { contextRules } from './context-rules.ts';
import { type DimseMetrics, dimseMetrics } from './dimse-metrics.ts';
import { nodeServices } from './node-services.ts';
import { serveAssociation } from './serve-association.ts';
import type { DimseSourceOptions } from './source-options.ts';

const handshakeMs = 10_000;
/** Connections that may wait for their association beside those that have one. */
const waitingMax = 64;

/** A DICOM node; its services are in `nodeServices`. What it answers to which input: test/connectors/dimse/protocol-answers.test.ts. */
export function createDimseSource(options: DimseSourceOptions): Source {
  return new DimseListener(options);
}

class DimseListener implements Source {
  readonly #options: DimseSourceOptions;
  readonly #metrics: DimseMetrics;
  readonly #sockets = new Set<Socket>();
  /** Each until it is served. */
  readonly #served = new Set<Promise<void>>();
  readonly #idle = new Set<Association>();
  #openCount = 0;
  #isStopping = false;
  #server: Server | undefined;

  constructor(options: DimseSourceOptions) {
    this.#options = options;
    this.#metrics = dimseMetrics(options.metrics, options.name);
  }

  async start(accept: Accept): Promise<Listening> {
    assert(this.#server === undefined, 'a source is started once');
    const { host, port, tls, associationsMax, logger } = this.#options;
    const server = this.#createServer(accept);
    this.#server = server;
    server.maxConnections = associationsMax + waitingMax;
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('drop', () => logger.warn('dimse.connection.refused', { reason: 'too-many' }));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, () => {
        server.off('error', reject);
        server.on('error', (error) => logger.error('dimse.listener.error', {}, error));
        resolve();
      });
    }).catch((cause: unknown) => {
      throw new BitHiveError('BH_CONFIG_VALUE', `cannot listen on ${host}:${port}`, { cause });
    });
    const address = server.address();
    assert(address !== null && typeof address === 'object', 'a TCP server has an address');
    return { protocol: tls === undefined ? 'dimse' : 'dimse+tls', host, port: address.port };
  }

  /** What was asked is answered, then each association is aborted: a node that accepted one has no other way to end it (PS3.8 7.2). */
  async stop(graceMs: number): Promise<void> {
    const server = this.#server;
    if (server === undefined || !server.listening) return;
    this.#isStopping = true;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const association of this.#idle) association.abort();
    const giveUp = this.#options.clock.after(graceMs, () => {
      for (const socket of this.#sockets) socket.destroy();
    });
    await Promise.all([closed, ...this.#served]);
    giveUp();
  }

  #createServer(accept: Accept): Server {
    const { tls, logger } = this.#options;
    const tcp = { noDelay: true, keepAlive: true };
    const connected = (socket: Socket): void => {
      const served = this.#serve(socket, accept).finally(() => this.#served.delete(served));
      this.#served.add(served);
    };
    if (tls === undefined) return createServer(tcp, connected);
    const requestCert = tls.requestClientCert === true;
    const server = createTlsServer(
      {
        ...tcp,
        ...secureContext(tls),
        requestCert,
        rejectUnauthorized: requestCert,
        handshakeTimeout: handshakeMs,
      },
      connected,
    );
    server.on('tlsClientError', (error) => logger.warn('dimse.tls.refused', { message: error.message }));
    return server;
  }

  /** Never rejects. */
  async #serve(socket: Socket, accept: Accept): Promise<void> {
    const { clock, logger, idleMs = limits.dimseIdleMs } = this.#options;
    const startMs = clock.monotonicMs();
    const association = await this.#accepted(socket);
    if (association === null) return;
    this.#openCount += 1;
    this.#metrics.openAssociations(this.#openCount);
    const services = nodeServices(association, accept, this.#options, this.#metrics);
    const isStopping = (): boolean => this.#isStopping;
    const waits = (isIdle: boolean): void => {
      if (isIdle) this.#idle.add(association);
      else this.#idle.delete(association);
    };
    const end = await serveAssociation(association, { services, idleMs, logger, isStopping, waits });
    this.#idle.delete(association);
    this.#openCount -= 1;
    this.#metrics.openAssociations(this.#openCount);
    this.#metrics.associationEnded(end ?? 'released', (clock.monotonicMs() - startMs) / 1000);
  }

  async #accepted(socket: Socket): Promise<Association | null> {
    const options = this.#options;
    const { clock, logger, name } = options;
    const startMs = clock.monotonicMs();
    try {
      return await acceptAssociation(socket, {
        clock,
        rules: contextRules(options),
        judge: (request) =>
          judgeAssociation(request, {
            ...options,
            openCount: () => this.#openCount,
            isStopping: () => this.#isStopping,
          }),
        pduBytesMax: options.pduBytesMax ?? limits.dimsePduBytesMax,
        artimMs: options.artimMs ?? limits.dimseArtimMs,
        progressMs: options.progressMs ?? limits.dimseProgressMs,
      });
    } catch (error) {
      const { code, detail } = toBitHiveError(error);
      this.#metrics.associationEnded(code, (clock.monotonicMs() - startMs) / 1000);
      if (code === 'BH_INTERNAL') logger.error('dimse.association.failed', { listener: name, code }, error);
      else logger.info('dimse.association.refused', { listener: name, code, detail });
      return null;
    }
  }
}
