import type { Socket } from 'node:net';
import { toBitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Arrival, Refusal } from '../../core/message.ts';
import type { Clock, Logger } from '../../core/ports/index.ts';
import type { Hl7Message } from '../../formats/hl7v2/index.ts';
import { type Answerer, type AnswerPlan, type Answers, planOf } from './answers.ts';
import { type ArrivalOptions, readArrival } from './arrival.ts';
import { type FrameEvent, frameMessage, MllpFramer } from './framer.ts';
import type { InboundMetrics } from './inbound-metrics.ts';
import { type AnswerSlot, OrderedAnswers } from './ordered-answers.ts';
import type { StagedAccept } from './source-options.ts';

/** What the connections of one listener share. */
export interface InboundContext {
  readonly accept: StagedAccept;
  readonly answerer: Answerer;
  readonly arrivalOptions: ArrivalOptions;
  readonly isSilent: boolean;
  readonly messageBytesMax: number;
  readonly frameIdleMs: number;
  readonly endQuietMs: number;
  readonly framesInFlightMax: number;
  /** Moves a large body out of line; the same arrival for a small one. */
  readonly placeBody: (arrival: Arrival) => Arrival | Promise<Arrival>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: InboundMetrics;
  readonly labels: { readonly listener: string };
}

/** Growth within the idle limit that keeps a large frame alive on a slow line. */
const progressBytesMin = 64 * 1024;
/** Bytes of frames in flight past which no further frame is taken, whatever their number. */
const inFlightBytesMax = 16 * 1024 * 1024;
/** How long what a peer still sends is read and dropped, so that a reset does not overtake our last answer. */
const lingerMs = 500;

const faults: Readonly<Record<Exclude<FrameEvent['kind'], 'frame'>, Refusal>> = {
  cut: { code: 'BH_HL7_FRAME_BROKEN', detail: 'another frame began before this one ended' },
  broken: { code: 'BH_HL7_FRAME_BROKEN', detail: 'the end block is not followed by CR' },
  'too-large': { code: 'BH_HL7_TOO_LARGE', detail: 'the message is over the size limit' },
};
const tooSlow: Refusal = { code: 'BH_HL7_TIMEOUT', detail: 'the frame was not finished in time' };
const hungUp: Refusal = { code: 'BH_HL7_FRAME_BROKEN', detail: 'the connection ended within the frame' };

/**
 * One sender's connection. Frames are accepted in order as soon as they are whole, several at a time so that they share a commit, and
 * answered in that order. Reading stops while too much is unanswered, and when the sender does not read its answers.
 */
export class InboundConnection {
  readonly #socket: Socket;
  readonly #context: InboundContext;
  readonly #framer: MllpFramer;
  readonly #commits: OrderedAnswers;
  readonly #applications: OrderedAnswers;
  #framesInFlight = 0;
  #bytesInFlight = 0;
  /** A body is on its way to the blob store; the next frame waits, or it would be accepted first. */
  #isPlacing = false;
  #isClosing = false;
  #hasEnded = false;
  #timedFrame = 0;
  #timedBytes = 0;
  #stopIdleTimer: (() => void) | undefined;
  #stopQuietTimer: (() => void) | undefined;
  #stopLingering: (() => void) | undefined;

  constructor(socket: Socket, context: InboundContext) {
    this.#socket = socket;
    this.#context = context;
    this.#framer = new MllpFramer(context.messageBytesMax);
    const write = (bytes: Uint8Array): void => this.#write(bytes);
    this.#commits = new OrderedAnswers(write);
    this.#applications = new OrderedAnswers(write);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    socket.on('data', (chunk) => this.#received(chunk));
    socket.on('drain', () => this.#pump());
    socket.on('end', () => this.#peerEnded());
    socket.on('error', (error) => context.logger.debug('hl7v2.connection.error', { message: error.message }));
    socket.on('close', () => this.#stopTimers());
  }

  /** Answers the frames that were read, then closes. */
  stop(): void {
    this.#isClosing = true;
    this.#pump();
    this.#finishIfDone();
  }

  #received(chunk: Buffer): void {
    // A closing connection is only read so that the peer can take its last answer.
    if (this.#isClosing) return;
    this.#framer.push(chunk);
    this.#pump();
  }

  get #mayTake(): boolean {
    if (this.#isPlacing || this.#socket.destroyed || this.#socket.writableNeedDrain) return false;
    return this.#framesInFlight < this.#context.framesInFlightMax && this.#bytesInFlight < inFlightBytesMax;
  }

  #pump(): void {
    let event: FrameEvent | null = null;
    while (this.#mayTake) {
      event = this.#framer.next();
      if (event === null) break;
      this.#handle(event);
    }
    this.#countSkipped();
    if (this.#isClosing) return;
    if (this.#mayTake) this.#socket.resume();
    else this.#socket.pause();
    this.#watchFrame();
    if (this.#hasEnded && this.#mayTake) this.#lastFrame();
  }

  #countSkipped(): void {
    if (this.#framer.skippedBytes === 0) return;
    this.#context.metrics.skipped.add(this.#framer.skippedBytes, this.#context.labels);
    this.#framer.skippedBytes = 0;
  }

  #handle(event: FrameEvent): void {
    if (event.kind !== 'frame') this.#countFault(event.kind);
    if (event.kind === 'too-large') this.#turnAway(event.bytes);
    else this.#take(event.bytes, event.kind === 'frame' ? undefined : faults[event.kind]);
  }

  #countFault(fault: string): void {
    this.#context.metrics.frameFaults.add(1, { ...this.#context.labels, fault });
    this.#context.logger.warn('hl7v2.frame.fault', { ...this.#context.labels, fault });
  }

  #take(bytes: Uint8Array, refusal?: Refusal): void {
    const options = this.#context.arrivalOptions;
    const { arrival, message } = readArrival(
      bytes,
      refusal === undefined ? options : { ...options, refusal },
    );
    const exchange = this.#openExchange(message, bytes.length);
    const placed = this.#context.placeBody(arrival);
    if (!(placed instanceof Promise)) {
      this.#accept(placed, exchange);
      return;
    }
    this.#isPlacing = true;
    placed.then(
      (outOfLine) => this.#placed(() => this.#accept(outOfLine, exchange)),
      (cause: unknown) => this.#placed(() => this.#failed(exchange, cause)),
    );
  }

  #placed(go: () => void): void {
    this.#isPlacing = false;
    go();
    this.#pump();
    this.#finishIfDone();
  }

  #openExchange(message: Hl7Message | null, bytesCount: number): Exchange {
    const plan = planOf(message);
    this.#framesInFlight++;
    this.#bytesInFlight += bytesCount;
    const isTwofold = plan.mode === 'enhanced';
    return {
      message,
      plan,
      bytesCount,
      startedAtMs: this.#context.clock.monotonicMs(),
      commit: this.#commits.open(),
      application: isTwofold ? this.#applications.open() : undefined,
      isCommitted: false,
    };
  }

  #accept(arrival: Arrival, exchange: Exchange): void {
    this.#context
      .accept(arrival, () => this.#stored(exchange))
      .then(
        (acceptance) => {
          const { answerer } = this.#context;
          const outcome = acceptance.duplicate ? 'duplicate' : acceptance.kind;
          const answers =
            acceptance.kind === 'refused' && exchange.isCommitted
              ? answerer.refusedLater(exchange.message, exchange.plan, acceptance.error)
              : answerer.answer(exchange.message, exchange.plan, acceptance);
          this.#settle(exchange, outcome, answers);
        },
        (cause: unknown) => this.#failed(exchange, cause),
      );
  }

  #failed(exchange: Exchange, cause: unknown): void {
    const { answerer, logger, labels } = this.#context;
    const error = toBitHiveError(cause);
    logger.error('hl7v2.accept.failed', { ...labels, code: error.code }, cause);
    const refusal: Refusal = { code: error.code, detail: error.detail };
    const answers = exchange.isCommitted
      ? answerer.refusedLater(exchange.message, exchange.plan, refusal)
      : answerer.refused(exchange.message, exchange.plan, refusal);
    this.#settle(exchange, 'failed', answers);
  }

  /** The runtime says that it is durable, and the channel's answer comes later: the commit of enhanced mode leaves now. */
  #stored(exchange: Exchange): void {
    if (exchange.application === undefined || exchange.isCommitted) return;
    exchange.isCommitted = true;
    const commit = this.#context.answerer.stored(exchange.message, exchange.plan);
    exchange.commit.fill(this.#framed(commit));
  }

  #settle(exchange: Exchange, outcome: string, answers: Answers): void {
    const { metrics, labels, clock } = this.#context;
    this.#framesInFlight--;
    this.#bytesInFlight -= exchange.bytesCount;
    const application = (): void => exchange.application?.fill(this.#framed(answers.application));
    if (exchange.isCommitted) application();
    else exchange.commit.fill(this.#framed(answers.commit), application);
    metrics.messages.add(1, { ...labels, outcome });
    metrics.answerSeconds.observe((clock.monotonicMs() - exchange.startedAtMs) / 1000, labels);
    this.#pump();
    this.#finishIfDone();
  }

  #framed(answer: Uint8Array | undefined): readonly Uint8Array[] {
    return answer === undefined || this.#context.isSilent ? [] : [frameMessage(answer)];
  }

  /** Answers of one turn of the loop leave in one write. */
  #write(bytes: Uint8Array): void {
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    if (this.#socket.writableCorked === 0) {
      this.#socket.cork();
      process.nextTick(() => this.#socket.uncork());
    }
    this.#socket.write(bytes);
  }

  /** Over the limit: told, not kept. */
  #turnAway(head: Uint8Array): void {
    const { message } = readArrival(head, this.#context.arrivalOptions);
    const { commit, application } = this.#context.answerer.refused(
      message,
      planOf(message),
      faults['too-large'],
    );
    this.#commits.open().fill(this.#framed(commit ?? application));
    this.#isClosing = true;
    this.#finishIfDone();
  }

  /** Starts and stops the clocks of a frame that is not whole yet. */
  #watchFrame(): void {
    const { clock, frameIdleMs, endQuietMs } = this.#context;
    this.#stopQuietTimer?.();
    this.#stopQuietTimer = this.#framer.awaitsEnd
      ? clock.after(endQuietMs, () => this.#handleSettled())
      : undefined;
    if (this.#framer.isOpen && this.#framer.frameNumber === this.#timedFrame) return;
    this.#stopIdleTimer?.();
    this.#stopIdleTimer = undefined;
    if (!this.#framer.isOpen) return;
    this.#timedFrame = this.#framer.frameNumber;
    this.#timedBytes = 0;
    this.#stopIdleTimer = clock.after(frameIdleMs, () => this.#idleOver());
  }

  #handleSettled(): void {
    const event = this.#framer.settle();
    if (event !== null) this.#handle(event);
    this.#pump();
  }

  #idleOver(): void {
    const openBytes = this.#framer.openBytes;
    if (openBytes - this.#timedBytes >= progressBytesMin || this.#socket.isPaused()) {
      this.#timedBytes = openBytes;
      this.#stopIdleTimer = this.#context.clock.after(this.#context.frameIdleMs, () => this.#idleOver());
      return;
    }
    this.#countFault('too-slow');
    this.#isClosing = true;
    this.#take(this.#framer.abandon(), tooSlow);
    this.#finishIfDone();
  }

  /** The peer sends no more but may still read, as `nc` does. */
  #peerEnded(): void {
    this.#hasEnded = true;
    this.#pump();
    if (this.#isClosing) this.#finishIfDone();
  }

  #lastFrame(): void {
    this.#isClosing = true;
    const settled = this.#framer.settle();
    if (settled !== null) this.#handle(settled);
    else if (this.#framer.isOpen) {
      this.#countFault('hung-up');
      const rest = this.#framer.abandon();
      if (rest.length > 0) this.#take(rest, hungUp);
    }
    this.#finishIfDone();
  }

  #finishIfDone(): void {
    if (!this.#isClosing || this.#framesInFlight > 0 || this.#stopLingering !== undefined) return;
    this.#stopTimers();
    this.#stopLingering = this.#context.clock.after(lingerMs, () => this.#socket.destroy());
    this.#socket.end();
    this.#socket.resume();
  }

  #stopTimers(): void {
    this.#stopIdleTimer?.();
    this.#stopQuietTimer?.();
    if (this.#socket.destroyed) this.#stopLingering?.();
  }
}

/** One frame between its arrival and its answer. */
interface Exchange {
  readonly message: Hl7Message | null;
  readonly plan: AnswerPlan;
  readonly bytesCount: number;
  readonly startedAtMs: number;
  readonly commit: AnswerSlot;
  /** Second answer of enhanced mode. */
  readonly application: AnswerSlot | undefined;
  isCommitted: boolean;
}

/** Frames that a connection may have unanswered when the channel says nothing else. */
export const framesInFlightDefault = 64;
/** Most frames that MLLP carries are small; see `limits.inlineBodyBytesMax` for where a body lives. */
export const isOutOfLine = (arrival: Arrival): boolean =>
  arrival.body.kind === 'inline' && arrival.body.bytes.length > limits.inlineBodyBytesMax;
