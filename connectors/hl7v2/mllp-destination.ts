import type { LookupFunction } from 'node:net';
import { assert } from '../../core/assert.ts';
import type { DeliveryOutcome, LeasedDelivery } from '../../core/delivery.ts';
import { BitHiveError, type ErrorCode } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Blobs, Clock, Counter, Destination, Logger, Metrics } from '../../core/ports/index.ts';
import { type Ack, type Hl7Message, parseAck, parseMessage } from '../../formats/hl7v2/index.ts';
import type { SenderTls } from '../tls.ts';
import { type NegativeAnswer, outcomeOf } from './ack-outcome.ts';
import { endBlock, startBlock } from './framer.ts';
import { OutboundConnection, type Receiver, type WireResult } from './outbound-connection.ts';

export interface MllpDestinationOptions {
  /** The destination's name in its channel: the sender of its answers, and the label of its metrics. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly tls?: SenderTls;
  /** Connections at most; each has one message in flight. 1 by default. */
  readonly concurrency?: number;
  readonly connectMs?: number;
  /** How names become addresses; the place where an allow-list of networks is kept. Absent: as the system does it. */
  readonly lookup?: LookupFunction;
  /** From the last byte sent to the answer. */
  readonly answerMs?: number;
  readonly negativeAnswer?: NegativeAnswer;
  /** Whether, after CA, the application's answer that MSH-16 asks for is awaited on the same connection. */
  readonly awaitsApplication?: boolean;
  /** Needed where bodies over `limits.inlineBodyBytesMax` are sent. */
  readonly blobs?: Blobs;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** A receiver behind MLLP. See `NegativeAnswer` for what AE, AR, CE and CR mean to it. */
export function createMllpDestination(options: MllpDestinationOptions): Destination {
  return new MllpReceiver(options);
}

const connectMsDefault = 10_000;

class MllpReceiver implements Destination {
  readonly kind = 'hl7v2';
  readonly target: string;
  readonly concurrency: number;
  readonly #options: MllpDestinationOptions;
  readonly #receiver: Receiver;
  readonly #idle: OutboundConnection[] = [];
  readonly #open = new Set<OutboundConnection>();
  #isClosed = false;
  readonly #attempts: Counter;

  constructor(options: MllpDestinationOptions) {
    this.#options = options;
    this.target = `mllp://${options.host}:${options.port}`;
    this.concurrency = options.concurrency ?? 1;
    this.#receiver = {
      host: options.host,
      port: options.port,
      ...(options.tls === undefined ? {} : { tls: options.tls }),
      ...(options.lookup === undefined ? {} : { lookup: options.lookup }),
      connectMs: options.connectMs ?? connectMsDefault,
      answerMs: options.answerMs ?? limits.hl7AnswerMs,
      clock: options.clock,
    };
    this.#attempts = options.metrics.counter({
      name: 'bithive_hl7v2_sent_total',
      help: 'Attempts to send a message, by outcome.',
      labels: ['destination', 'outcome'],
    });
  }

  async send(delivery: LeasedDelivery, signal: AbortSignal): Promise<DeliveryOutcome> {
    const outcome = await this.#attempt(delivery, signal);
    this.#attempts.add(1, { destination: this.#options.name, outcome: outcome.kind });
    if (outcome.kind !== 'delivered') {
      const { name } = this.#options;
      this.#options.logger.warn('hl7v2.send.failed', {
        destination: name,
        delivery: delivery.id,
        code: outcome.error.code,
      });
    }
    return outcome;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#idle.length = 0;
    for (const connection of this.#open) connection.close();
  }

  async #attempt(delivery: LeasedDelivery, signal: AbortSignal): Promise<DeliveryOutcome> {
    try {
      const message = readOutbound(await this.#bodyOf(delivery));
      const connection = await this.#connection(signal);
      const outcome = await this.#converse(connection, message, signal);
      this.#giveBack(connection);
      return outcome;
    } catch (cause) {
      // Thrown before anything was sent: no usable body, or no connection.
      if (!(cause instanceof BitHiveError)) throw cause;
      const { code, detail, entry } = cause;
      if (entry.permanent) return dead(code, detail);
      return this.#retry(signal, code, detail);
    }
  }

  async #bodyOf({ body }: LeasedDelivery): Promise<Uint8Array> {
    if (body.kind === 'inline') return body.bytes;
    const { blobs } = this.#options;
    assert(blobs !== undefined, 'a destination of large bodies is given the blob store');
    return blobs.read(body.hash);
  }

  async #connection(signal: AbortSignal): Promise<OutboundConnection> {
    for (let kept = this.#idle.pop(); kept !== undefined; kept = this.#idle.pop()) {
      if (kept.isUsable) return kept;
      this.#open.delete(kept);
    }
    const connection = await OutboundConnection.open(this.#receiver, signal);
    this.#open.add(connection);
    if (this.#isClosed) connection.close();
    return connection;
  }

  #giveBack(connection: OutboundConnection): void {
    if (connection.isUsable && !this.#isClosed) {
      this.#idle.push(connection);
      return;
    }
    connection.close();
    this.#open.delete(connection);
  }

  async #converse(
    connection: OutboundConnection,
    message: Hl7Message,
    signal: AbortSignal,
  ): Promise<DeliveryOutcome> {
    const controlId = message.get('MSH-10');
    const application = message.get('MSH-16');
    const isAwaited =
      this.#options.awaitsApplication === true && (application === 'AL' || application === 'SU');
    const first = await connection.exchange(message.print(), isAwaited, signal);
    const outcome = this.#outcome(connection, first, controlId, signal);
    if (outcome.kind !== 'delivered' || outcome.note !== 'CA' || !isAwaited) return outcome;
    // The receiver holds the message since its CA; what the application says decides, its silence changes nothing.
    const second = await connection.another(signal);
    return second.kind === 'answered' ? this.#outcome(connection, second, controlId, signal) : outcome;
  }

  #retry(signal: AbortSignal, code: ErrorCode, detail: string): DeliveryOutcome {
    const isStopping = signal.aborted || this.#isClosed;
    return { kind: 'retry', error: { code: isStopping ? 'BH_STOPPING' : code, detail } };
  }

  #outcome(
    connection: OutboundConnection,
    result: WireResult,
    controlId: string,
    signal: AbortSignal,
  ): DeliveryOutcome {
    if (result.kind === 'not-sent') return this.#retry(signal, 'BH_DELIVERY_UNREACHABLE', result.reason);
    if (result.kind === 'lost') return unknown(result.reason);
    const answer = readAnswer(result.bytes);
    if (answer !== null && answer.ack.controlId === controlId) {
      const { name, negativeAnswer = 'by-condition' } = this.#options;
      return outcomeOf(answer.ack, answer.message, name, negativeAnswer);
    }
    connection.close();
    return unknown(answer === null ? 'the answer is no acknowledgement' : 'the answer names another message');
  }
}

/** What may be sent: HL7 with a control id, and no byte in it that would end the frame. */
function readOutbound(bytes: Uint8Array): Hl7Message {
  const message = parseMessage(bytes);
  const bare = message.print();
  if (bare.includes(startBlock) || bare.includes(endBlock)) {
    throw new BitHiveError('BH_HL7_FRAME_BROKEN', 'the message holds a framing byte');
  }
  if (message.get('MSH-10') !== '') return message;
  throw new BitHiveError('BH_HL7_CONTROL_ID_MISSING', 'without MSH-10 no answer can be matched');
}

function readAnswer(bytes: Uint8Array): { ack: Ack; message: Hl7Message } | null {
  try {
    const message = parseMessage(bytes);
    const ack = parseAck(message);
    return ack === null ? null : { ack, message };
  } catch (cause) {
    if (cause instanceof BitHiveError) return null;
    throw cause;
  }
}

function dead(code: ErrorCode, detail: string): DeliveryOutcome {
  return { kind: 'dead', error: { code, detail } };
}

function unknown(detail: string): DeliveryOutcome {
  return { kind: 'unknown', error: { code: 'BH_DELIVERY_UNKNOWN', detail } };
}
