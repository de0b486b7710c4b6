import type { Socket } from 'node:net';
import { toBitHiveError } from '../../core/errors.ts';
import type { Arrival } from '../../core/message.ts';
import type { Clock, Labels, Logger } from '../../core/ports/index.ts';
import { type Hl7Message, isBatch } from '../../formats/hl7v2/index.ts';
import { AnswerWriter } from './answer-writer.ts';
import { Answerer, type AnswerOptions, planOf } from './answers.ts';
import { type ArrivalOptions, readArrival } from './arrival.ts';
import { type BatchOutcome, takeBatch } from './batch-frame.ts';
import type { DoorMemory, MemoryShare } from './door-memory.ts';
import { type AnswerOrders, Exchange } from './exchange.ts';
import { type FrameFault, frameFaults } from './frame-faults.ts';
import { FrameWatch } from './frame-watch.ts';
import { type FrameEvent, MllpFramer } from './framer.ts';
import type { InboundMetrics, Outcome } from './inbound-metrics.ts';
import { withOwnStrings } from './large-message.ts';
import { OrderedAnswers } from './ordered-answers.ts';
import type { StagedAccept } from './source-options.ts';

/** What the connections of one listener share. */
export interface InboundContext {
  readonly accept: StagedAccept;
  readonly answerOptions: AnswerOptions;
  readonly arrivalOptions: ArrivalOptions;
  readonly isSilent: boolean;
  readonly messageBytesMax: number;
  readonly frameIdleMs: number;
  readonly endQuietMs: number;
  readonly framesInFlightMax: number;
  readonly answersUnreadMs: number;
  readonly memory: DoorMemory;
  /** Moves a large body out of line; the same arrival for a small one. */
  readonly placeBody: (arrival: Arrival) => Arrival | Promise<Arrival>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: InboundMetrics;
  readonly labels: { readonly listener: string };
  /** Labels of the message counter: one object each, not one a message. */
  readonly outcomes: Readonly<Record<Outcome, Labels>>;
}

/** Bytes of frames in flight past which no further frame is taken, whatever their number. */
const inFlightBytesMax = 16 * 1024 * 1024;
/** How long what a peer still sends is read and dropped, so that a reset does not overtake our last answer. */
const lingerMs = 500;
const keepAliveMs = 60_000;
/** Of a frame that is given up, so that its MSH can be read. */
const headBytesMax = 64 * 1024;

/**
 * One sender's connection. Frames are accepted in order as soon as they are whole, several at a time so that they share a commit, and
 * answered in that order. Reading stops while too much is unanswered, while the door's memory is used up, and when the sender does not
 * read its answers.
 */
export class InboundConnection {
  readonly #socket: Socket;
  readonly #context: InboundContext;
  readonly #framer: MllpFramer;
  readonly #watch: FrameWatch;
  readonly #memory: MemoryShare;
  readonly #answers: AnswerWriter;
  readonly #answerer: Answerer;
  readonly #orders: AnswerOrders;
  #framesInFlight = 0;
  #bytesInFlight = 0;
  /** A body is on its way to the blob store; the next frame waits, or it would be accepted first. */
  #isPlacing = false;
  #isClosing = false;
  #hasEnded = false;
  #stopLingering: (() => void) | undefined;

  constructor(socket: Socket, context: InboundContext) {
    this.#socket = socket;
    this.#context = context;
    this.#framer = new MllpFramer(context.messageBytesMax);
    this.#answers = new AnswerWriter(socket, {
      clock: context.clock,
      unreadMs: context.answersUnreadMs,
      unread: () => this.#giveUpUnread(),
    });
    this.#answerer = new Answerer(context.answerOptions);
    const write = (bytes: Uint8Array): void => this.#answers.write(bytes);
    this.#orders = { commits: new OrderedAnswers(write), applications: new OrderedAnswers(write) };
    this.#memory = context.memory.join({ wake: () => this.#woken(), giveWay: () => this.#giveWay() });
    this.#watch = new FrameWatch(this.#framer, {
      clock: context.clock,
      frameIdleMs: context.frameIdleMs,
      endQuietMs: context.endQuietMs,
      isPaused: () => socket.isPaused(),
      idleOver: () => this.#giveUpFrame('too-slow'),
      quietOver: () => this.#settleFrame(),
    });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, keepAliveMs);
    socket.on('data', (chunk) => this.#received(chunk));
    socket.on('drain', () => this.#pump());
    socket.on('end', () => this.#peerEnded());
    socket.on('error', (error) => context.logger.debug('hl7v2.connection.error', { message: error.message }));
    socket.on('close', () => this.#closed());
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
    while (this.#mayTake) {
      const event = this.#framer.next();
      if (event === null) break;
      this.#handle(event);
    }
    this.#countSkipped();
    this.#tellMemory();
    if (this.#isClosing) return;
    const mayTake = this.#mayTake;
    if (mayTake && this.#memory.mayRead) this.#socket.resume();
    else this.#socket.pause();
    this.#watch.update();
    if (this.#hasEnded && mayTake) this.#lastFrame();
  }

  #tellMemory(): void {
    const { memoryBytes, frameNumber } = this.#framer;
    this.#memory.hold(memoryBytes, frameNumber, this.#bytesInFlight + this.#answers.waitingBytes);
  }

  /** The door has memory again. */
  #woken(): void {
    if (this.#socket.destroyed) return;
    this.#watch.restart();
    this.#pump();
  }

  /** Others wait for the memory of a frame that does not come on: its sender keeps the message. */
  #giveWay(): void {
    if (this.#isClosing || this.#socket.destroyed) return;
    this.#turnAway(this.#framer.abandon().subarray(0, headBytesMax), 'no-memory');
    this.#tellMemory();
  }

  #handle({ kind, bytes }: FrameEvent): void {
    if (kind === 'frame' && isBatch(bytes)) this.#takeBatch(bytes);
    else if (kind === 'frame') this.#take(bytes);
    else if (kind === 'too-large') this.#turnAway(bytes, kind);
    else this.#takeFaulty(bytes, kind);
  }

  #takeFaulty(bytes: Uint8Array, fault: FrameFault): void {
    this.#countFault(fault);
    this.#take(bytes, fault);
  }

  #take(bytes: Uint8Array, fault?: FrameFault): void {
    const { arrivalOptions, placeBody } = this.#context;
    const options = fault === undefined ? arrivalOptions : { ...arrivalOptions, refusal: frameFaults[fault] };
    const { arrival, message } = readArrival(bytes, options);
    const exchange = this.#exchange(message, bytes.length);
    this.#framesInFlight++;
    this.#bytesInFlight += bytes.length;
    const placed = placeBody(arrival);
    if (placed instanceof Promise) this.#acceptPlaced(placed, exchange);
    else this.#accept(placed, exchange);
  }

  /** Its messages are accepted before the next frame is taken, so that they keep their order. */
  #takeBatch(bytes: Uint8Array): void {
    const { commits, applications } = this.#orders;
    const slots = [commits.open(), applications.open()] as const;
    const startedAtMs = this.#context.clock.monotonicMs();
    this.#framesInFlight++;
    this.#bytesInFlight += bytes.length;
    this.#isPlacing = true;
    takeBatch(bytes, this.#context, this.#answerer)
      .catch((cause: unknown): BatchOutcome => {
        const { code, detail } = toBitHiveError(cause);
        this.#context.logger.error('hl7v2.accept.failed', { ...this.#context.labels, code }, cause);
        const refused = this.#answerer.refused(null, planOf(null), { code, detail });
        const answers = refused.commit === undefined ? [] : [refused.commit];
        return { accepted: 0, refused: 0, failed: 1, issues: [], answers };
      })
      .then((outcome) => {
        const [commit, application] = this.#context.isSilent ? [] : outcome.answers;
        slots[0].fill(commit, () => slots[1].fill(application));
        this.#batchDone(outcome, bytes.length, startedAtMs);
      });
  }

  #batchDone(outcome: BatchOutcome, bytesCount: number, startedAtMs: number): void {
    const { metrics, labels, outcomes, clock, logger } = this.#context;
    this.#isPlacing = false;
    this.#framesInFlight--;
    this.#bytesInFlight -= bytesCount;
    for (const name of ['accepted', 'refused', 'failed'] as const) {
      if (outcome[name] > 0) metrics.messages.add(outcome[name], outcomes[name]);
    }
    for (const { code, detail } of outcome.issues)
      logger.warn('hl7v2.batch.issue', { ...labels, code, detail });
    metrics.answerSeconds.observe((clock.monotonicMs() - startedAtMs) / 1000, labels);
    this.#pump();
    this.#finishIfDone();
  }

  #exchange(message: Hl7Message | null, bytesCount: number): Exchange {
    const { isSilent, clock } = this.#context;
    const startedAtMs = clock.monotonicMs();
    return new Exchange(message, this.#answerer, this.#orders, { isSilent, bytesCount, startedAtMs });
  }

  #acceptPlaced(placed: Promise<Arrival>, exchange: Exchange): void {
    this.#isPlacing = true;
    placed.then(
      (arrival) => {
        this.#isPlacing = false;
        this.#bytesInFlight -= exchange.bytesCount;
        exchange.keepHeader();
        this.#accept(withOwnStrings(arrival), exchange);
        this.#pump();
      },
      (cause: unknown) => {
        this.#isPlacing = false;
        this.#fail(cause, exchange);
      },
    );
  }

  #accept(arrival: Arrival, exchange: Exchange): void {
    // What is refused gets no positive commit, although it is stored as well.
    const isTwofold = exchange.isEnhanced && arrival.refusal === undefined;
    this.#context.accept(arrival, isTwofold ? () => exchange.stored() : undefined).then(
      (acceptance) => {
        exchange.settle(acceptance);
        this.#done(exchange, acceptance.duplicate ? 'duplicate' : acceptance.kind);
      },
      (cause: unknown) => this.#fail(cause, exchange),
    );
  }

  #fail(cause: unknown, exchange: Exchange): void {
    const { code, detail } = toBitHiveError(cause);
    this.#context.logger.error('hl7v2.accept.failed', { ...this.#context.labels, code }, cause);
    exchange.refuse({ code, detail });
    this.#done(exchange, 'failed');
  }

  #done(exchange: Exchange, outcome: Outcome): void {
    const { metrics, labels, outcomes, clock } = this.#context;
    this.#framesInFlight--;
    this.#bytesInFlight -= exchange.bytesCount;
    metrics.messages.add(1, outcomes[outcome]);
    metrics.answerSeconds.observe((clock.monotonicMs() - exchange.startedAtMs) / 1000, labels);
    this.#pump();
    this.#finishIfDone();
  }

  /** Over a limit: told, not kept, and nothing is read after it. */
  #turnAway(head: Uint8Array, fault: 'too-large' | 'no-memory'): void {
    this.#countFault(fault);
    const { message } = readArrival(head, this.#context.arrivalOptions);
    this.#exchange(message, 0).refuse(frameFaults[fault]);
    this.#isClosing = true;
    this.#finishIfDone();
  }

  /** The peer fell silent after its end block. */
  #settleFrame(): void {
    const event = this.#framer.settle();
    if (event !== null) this.#handle(event);
    this.#pump();
  }

  /** The peer sends no more but may still read, as `nc` does. */
  #peerEnded(): void {
    this.#hasEnded = true;
    this.#pump();
    this.#finishIfDone();
  }

  #lastFrame(): void {
    const event = this.#framer.settle();
    if (event !== null) this.#handle(event);
    if (this.#framer.openBytes > 0) this.#giveUpFrame('hung-up');
    this.#isClosing = true;
    this.#finishIfDone();
  }

  /** Keeps what there is of a frame that will not end, answers, and closes. */
  #giveUpFrame(fault: FrameFault): void {
    this.#isClosing = true;
    this.#takeFaulty(this.#framer.abandon(), fault);
    this.#finishIfDone();
  }

  #finishIfDone(): void {
    if (!this.#isClosing || this.#framesInFlight > 0 || this.#stopLingering !== undefined) return;
    this.#watch.stop();
    this.#answers.flush();
    this.#stopLingering = this.#context.clock.after(lingerMs, () => this.#socket.destroy());
    this.#socket.end();
    this.#socket.resume();
  }

  #giveUpUnread(): void {
    const { logger, labels, metrics } = this.#context;
    logger.warn('hl7v2.answers.unread', { ...labels, waitingBytes: this.#answers.waitingBytes });
    metrics.givenUp.add(1, labels);
    this.#socket.destroy();
  }

  #closed(): void {
    this.#watch.stop();
    this.#answers.stop();
    this.#isClosing = true;
    this.#framer.abandon();
    this.#tellMemory();
    this.#memory.leave();
    this.#stopLingering?.();
  }

  #countFault(fault: FrameFault): void {
    this.#context.metrics.frameFaults.add(1, { ...this.#context.labels, fault });
    this.#context.logger.warn('hl7v2.frame.fault', { ...this.#context.labels, fault });
  }

  #countSkipped(): void {
    if (this.#framer.skippedBytes === 0) return;
    this.#context.metrics.skipped.add(this.#framer.skippedBytes, this.#context.labels);
    this.#framer.skippedBytes = 0;
  }
}
