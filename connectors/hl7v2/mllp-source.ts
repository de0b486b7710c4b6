import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import { assert } from '../../core/assert.ts';
import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Arrival } from '../../core/message.ts';
import type { Accept, Blobs, Listening, Source } from '../../core/ports/index.ts';
import { type ListenerTls, secureContext } from '../tls.ts';
import { createControlIds } from './control-ids.ts';
import { DoorMemory } from './door-memory.ts';
import { InboundConnection, type InboundContext } from './inbound-connection.ts';
import { inboundMetrics, outcomeLabels } from './inbound-metrics.ts';
import { type MllpSourceOptions, staged } from './source-options.ts';

const handshakeMs = 10_000;
const endQuietMsDefault = 200;
/** Frames that a connection may have unanswered when the channel says nothing else. */
const framesInFlightDefault = 64;

export interface MllpSource extends Source {
  /** Takes new keys and certificates for the connections to come. Throws BH_CONFIG_VALUE when they cannot be used. */
  reloadTls(tls: ListenerTls): void;
}

/**
 * An MLLP listener. Every frame goes through `accept` before it is answered; what it answers to which input is listed in
 * test/connectors/hl7v2/protocol-answers.test.ts.
 */
export function createMllpSource(options: MllpSourceOptions): MllpSource {
  return new MllpListener(options);
}

class MllpListener implements MllpSource {
  readonly #options: MllpSourceOptions;
  readonly #connections = new Set<InboundConnection>();
  /** Those of the connections and of handshakes under way. */
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #tls: ListenerTls | undefined;

  constructor(options: MllpSourceOptions) {
    this.#options = options;
    this.#tls = options.tls;
  }

  async start(accept: Accept): Promise<Listening> {
    assert(this.#server === undefined, 'a source is started once');
    const { host, port, connectionsMax = limits.hl7ConnectionsMax } = this.#options;
    const server = this.#createServer(this.#context(accept));
    this.#server = server;
    server.maxConnections = connectionsMax;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('drop', () => this.#turnedAway('too-many'));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, () => {
        server.off('error', reject);
        server.on('error', (error) => this.#options.logger.error('hl7v2.listener.error', {}, error));
        resolve();
      });
    }).catch((cause: unknown) => {
      throw new BitHiveError('BH_CONFIG_VALUE', `cannot listen on ${host}:${port}`, { cause });
    });
    const address = server.address();
    assert(address !== null && typeof address === 'object', 'a TCP server has an address');
    return { protocol: this.#tls === undefined ? 'mllp' : 'mllps', host, port: address.port };
  }

  async stop(graceMs: number): Promise<void> {
    const server = this.#server;
    if (server === undefined || !server.listening) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const connection of this.#connections) connection.stop();
    const giveUp = this.#options.clock.after(graceMs, () => {
      for (const socket of this.#sockets) socket.destroy();
    });
    await closed;
    giveUp();
  }

  reloadTls(tls: ListenerTls): void {
    assert(this.#tls !== undefined, 'only a TLS listener has keys to reload');
    try {
      (this.#server as TlsServer | undefined)?.setSecureContext(secureContext(tls));
    } catch (cause) {
      throw new BitHiveError('BH_CONFIG_VALUE', 'the TLS key or certificate cannot be used', { cause });
    }
    this.#tls = tls;
  }

  #createServer(context: InboundContext): Server {
    const tls = this.#tls;
    // The peer may close its side and still wait for answers.
    const tcp = { allowHalfOpen: true, noDelay: true };
    if (tls === undefined) return createServer(tcp, (socket) => this.#connected(socket, context));
    const requestCert = tls.requestClientCert === true;
    const server = createTlsServer(
      {
        ...tcp,
        ...secureContext(tls),
        requestCert,
        rejectUnauthorized: requestCert,
        handshakeTimeout: handshakeMs,
      },
      (socket) => this.#connected(socket, context),
    );
    server.on('tlsClientError', (error) => {
      this.#turnedAway('tls');
      this.#options.logger.warn('hl7v2.tls.refused', {
        listener: this.#options.name,
        message: error.message,
      });
    });
    return server;
  }

  #connected(socket: Socket, context: InboundContext): void {
    const connection = new InboundConnection(socket, context);
    this.#connections.add(connection);
    const gauge = (): void => context.metrics.connections.set(this.#connections.size, context.labels);
    gauge();
    socket.once('close', () => {
      this.#connections.delete(connection);
      gauge();
    });
  }

  #turnedAway(reason: string): void {
    const labels = { listener: this.#options.name, reason };
    inboundMetrics(this.#options.metrics).turnedAway.add(1, labels);
    this.#options.logger.warn('hl7v2.connection.refused', labels);
  }

  #context(accept: Accept): InboundContext {
    const options = this.#options;
    const { clock, logger, blobs } = options;
    const metrics = inboundMetrics(options.metrics);
    const labels = { listener: options.name };
    return {
      accept: staged(accept),
      answerOptions: {
        clock,
        nextControlId: createControlIds(options.random),
        application: options.application ?? 'BITHIVE',
      },
      arrivalOptions: {
        ...(options.fallbackCharset === undefined ? {} : { fallbackCharset: options.fallbackCharset }),
        ...(options.strict === undefined ? {} : { strict: options.strict }),
      },
      isSilent: options.ack === 'none',
      messageBytesMax: options.messageBytesMax ?? limits.hl7MessageBytesMax,
      frameIdleMs: options.frameIdleMs ?? limits.hl7IdleMs,
      endQuietMs: options.endQuietMs ?? endQuietMsDefault,
      answersUnreadMs: options.answersUnreadMs ?? limits.hl7AnswersUnreadMs,
      memory: new DoorMemory({
        clock,
        bytesMax: options.bufferedBytesMax ?? limits.hl7BufferedBytesMax,
        messageBytesMax: options.messageBytesMax ?? limits.hl7MessageBytesMax,
        report: (usedBytes) => metrics.bufferedBytes.set(usedBytes, labels),
        ...(options.bufferTurnMs === undefined ? {} : { turnMs: options.bufferTurnMs }),
      }),
      framesInFlightMax: options.framesInFlightMax ?? framesInFlightDefault,
      placeBody: (arrival) =>
        blobs !== undefined && isOutOfLine(arrival) ? placeInBlobs(arrival, blobs) : arrival,
      clock,
      logger,
      metrics,
      labels,
      outcomes: outcomeLabels(options.name),
    };
  }
}

const isOutOfLine = ({ body }: Arrival): boolean =>
  body.kind === 'inline' && body.bytes.length > limits.inlineBodyBytesMax;

async function placeInBlobs(arrival: Arrival, blobs: Blobs): Promise<Arrival> {
  if (arrival.body.kind === 'blob') return arrival;
  const { bytes } = arrival.body;
  async function* whole(): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
  const { hash, bytesCount } = await blobs.put(whole(), bytes.length);
  return { ...arrival, body: { kind: 'blob', hash, bytesCount } };
}
