import { BitHiveError, type ErrorCode, toBitHiveError } from '../../core/errors.ts';
import type { MessageId } from '../../core/ids.ts';
import type { Message } from '../../core/message.ts';
import type {
  Blobs,
  ChannelLease,
  Clock,
  Counter,
  Logger,
  Metrics,
  ProcessedMessage,
  Store,
} from '../../core/ports/index.ts';
import { processBatch } from '../process/batch.ts';
import { type LoadedStates, type MissingState, processMessage } from '../process/process-message.ts';
import { type SlimBody, slimBody } from '../process/slim-body.ts';
import { Subject } from '../process/subject.ts';
import type { ChannelInForce } from './acceptor.ts';
import { catalogueIssues } from './catalogue-issues.ts';
import { ChannelHold } from './channel-hold.ts';
import { type Claimant, commitAndHandOver } from './hand-over.ts';
import { storeLargeObjects } from './large-objects.ts';
import type { Moments } from './moments.ts';
import { restMs } from './pace.ts';
import { Wake } from './wake.ts';

const batchMessages = 128;
/** Processing is synchronous: after this long the batch is committed, so that neither the doors nor the lease wait for it. */
const batchMs = 50;
/** Bytes of deliveries that one batch holds in memory at most, but for its last message. */
const batchBytesMax = 8 * 1024 * 1024;
const idleMs = 1_000;
const faultMs = 1_000;
/** Times that a message may fail to be loaded for a reason that nobody foresaw. */
const unforeseenMax = 5;
/** What the message itself may be the reason of: a bug of ours that it alone meets, a thread that ends over it. */
const unforeseen: ReadonlySet<ErrorCode> = new Set(['BH_INTERNAL', 'BH_DICOM_WORKER']);

export interface ProcessorOptions {
  readonly channel: string;
  readonly owner: string;
  readonly store: Store;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly moments: Moments;
  readonly fallbackCharset?: string;
  /** The channel as it was when the message was accepted. */
  readonly versionOf: (version: number) => Promise<ChannelInForce>;
  readonly inForce: () => ChannelInForce;
  /** Of this process: what they would send at once is leased by the commit that makes it. */
  readonly deliverers: readonly Claimant[];
}

/**
 * The loop of the verb *process* for one channel. One owner at a time, in order of acceptance: so order by any key holds, and a merge
 * needs no lock. Other nodes process other channels, and take this one over when the lease runs out.
 */
export class Processor {
  readonly #options: ProcessorOptions;
  readonly #wake: Wake;
  readonly #issues: Counter;
  readonly #hold: ChannelHold;
  /** Messages of the next batch at most; one after a commit that failed for a reason of its own. */
  #batchMax = batchMessages;
  #done: Promise<void> = Promise.resolve();
  /** When the channel's next timer is due. Only the holder of the lease writes timers, so it is read once; undefined: to be read. */
  #nextTimerMs: number | null | undefined;
  #unforeseen: { readonly id: MessageId; readonly count: number } | undefined;

  constructor(options: ProcessorOptions) {
    this.#options = options;
    this.#wake = new Wake(options.clock);
    const changed = (): void => {
      this.#nextTimerMs = undefined;
    };
    this.#hold = new ChannelHold({ ...options, changed });
    this.#issues = options.metrics.counter({
      name: 'bithive_process_issues_total',
      help: 'Faults of the catalogue that processing found and went on with, told with the message.',
      labels: ['channel', 'code'],
    });
  }

  start(): void {
    const stopListening = this.#options.store.onWork((work) => {
      if (work.kind === 'any' || (work.kind === 'messages' && work.channel === this.#options.channel))
        this.#wake.ring();
    });
    this.#done = this.#run().finally(stopListening);
  }

  /** Finishes the batch in hand and gives the channel back. What a message waits for longer than `graceMs` is left for the next start. */
  async stop(graceMs: number): Promise<void> {
    this.#wake.stop();
    const cancel = this.#options.clock.after(graceMs, () => this.#hold.giveUp());
    await this.#done;
    cancel();
    await this.#hold.giveBack().catch((error) => this.#report(error));
  }

  async #run(): Promise<void> {
    while (!this.#wake.stopped) {
      try {
        const { count, hasMore } = await this.#turn();
        if (hasMore) continue;
        await this.#wake.rest(restMs(count, this.#options.inForce().compiled.definition.ack));
        await this.#wake.sleep(await this.#idleMs());
      } catch (error) {
        this.#report(error);
        await this.#wake.sleep(faultMs);
      }
    }
  }

  /** Messages that were processed, and whether there may be more to do at once. */
  async #turn(): Promise<{ readonly count: number; readonly hasMore: boolean }> {
    const lease = await this.#hold.take();
    if (!lease) return { count: 0, hasMore: false };
    const { store, channel, blobs } = this.#options;
    const fired = await this.#fireTimers(lease);
    const limit = this.#batchMax;
    const messages = await store.nextMessages(channel, limit);
    if (messages.length === 0) return { count: 0, hasMore: fired };
    const results = await storeLargeObjects(await this.#process(messages), blobs);
    await this.#commit(lease, messages, results);
    const count = results.length;
    // What came after the read has rung.
    return { count, hasMore: fired || messages.length === limit || count < messages.length };
  }

  /**
   * A result that the store cannot take is a bug, and must not stop the channel: the batch is done again one message at a time, and the
   * one that fails alone goes to quarantine.
   */
  async #commit(
    lease: ChannelLease,
    messages: readonly Message[],
    results: readonly ProcessedMessage[],
  ): Promise<void> {
    const { store, moments, deliverers, logger } = this.#options;
    try {
      if (results.some(({ timers }) => timers.length > 0)) this.#nextTimerMs = undefined;
      const receipt = await commitAndHandOver({ store, deliverers }, lease, messages, results);
      moments.processed(results, receipt.ids);
      this.#batchMax = Math.min(batchMessages, this.#batchMax * 2);
    } catch (cause) {
      const [only] = results;
      if (toBitHiveError(cause).code !== 'BH_INTERNAL' || only === undefined) throw cause;
      this.#batchMax = 1;
      if (results.length > 1 || only.status === 'quarantined') throw cause;
      logger.error('process.not-committed', { message_id: only.id }, cause);
      const quarantined = failed(only.id, 'BH_INTERNAL', ownFault, this.#options.clock.nowMs());
      return this.#commit(lease, messages, [quarantined]);
    }
    for (const result of results) {
      if (result.status === 'quarantined') this.#quarantined(result);
      else for (const code of catalogueIssues(result)) this.#issue(result, code);
    }
  }

  async #fireTimers(lease: ChannelLease): Promise<boolean> {
    const { store, clock, inForce } = this.#options;
    const nextMs = await this.#nextTimer();
    if (nextMs === null || nextMs > clock.nowMs()) return false;
    this.#nextTimerMs = undefined;
    return (await store.fireTimers(lease, inForce().version, clock.nowMs(), batchMessages)) > 0;
  }

  async #nextTimer(): Promise<number | null> {
    if (this.#nextTimerMs === undefined) {
      const { store, channel } = this.#options;
      this.#nextTimerMs = await store.nextTimerMs(channel);
    }
    return this.#nextTimerMs;
  }

  async #idleMs(): Promise<number> {
    const nextMs = await this.#nextTimer();
    // Without the lease an overdue timer is another node's work: asking again at once would only ask again.
    if (nextMs === null || !this.#hold.isHeld) return idleMs;
    return Math.max(1, Math.min(idleMs, nextMs - this.#options.clock.nowMs()));
  }

  async #process(messages: readonly Message[]): Promise<readonly ProcessedMessage[]> {
    const { store, clock } = this.#options;
    const startMs = clock.monotonicMs();
    let bytesCount = 0;
    const goesOn = (done: readonly ProcessedMessage[]): boolean => {
      for (const { body } of done.at(-1)?.deliveries ?? [])
        bytesCount += body.kind === 'inline' ? body.bytes.length : 0;
      return bytesCount < batchBytesMax && clock.monotonicMs() - startMs < batchMs;
    };
    const read: Parameters<typeof processBatch>[2] = (requests) => store.readStates(requests);
    const results = await processBatch(messages, (message) => this.#prepared(message), read, { goesOn });
    const atMs = clock.nowMs();
    return results.map((result) => ({ ...result, processedAtMs: atMs }));
  }

  /**
   * Loads what one message needs, only when its turn has come: bodies may be large. What will fail again is the fault of this message
   * (its body is gone, its version of the channel cannot be read any more) and sends it to quarantine; the channel goes on.
   */
  async #prepared(message: Message): Promise<(states: LoadedStates) => ProcessedMessage | MissingState> {
    try {
      const version = await this.#options.versionOf(message.channelVersion);
      const charset = version.compiled.fallbackCharset ?? this.#options.fallbackCharset;
      const slim = await this.#slim(message, version);
      const subject = slim
        ? new Subject(message, slim.bytes, charset, slim.documents)
        : await this.#changed(new Subject(message, await this.#body(message), charset), version);
      return (states) => this.#one(subject, version, states);
    } catch (cause) {
      const { code, detail, entry } = toBitHiveError(cause);
      if (unforeseen.has(code)) return this.#notLoaded(message.id, cause);
      if (!entry.permanent) throw cause;
      return () => failed(message.id, code, detail, 0);
    }
  }

  /** As a step that stands first makes it, unless the channel does not want it. */
  async #changed(subject: Subject, { compiled }: ChannelInForce): Promise<Subject> {
    const { message } = subject;
    const [step] = compiled.steps;
    if (step?.prepare === undefined || !step.takes.includes(message.kind) || !compiled.filter(subject))
      return subject;
    const prepared = await this.#hold.during(step.prepare(message));
    return new Subject(prepared, await this.#body(prepared));
  }

  /** It may pass, so it is tried again; but one message must not stop the channel for ever. */
  #notLoaded(id: MessageId, cause: unknown): () => ProcessedMessage {
    const count = this.#unforeseen?.id === id ? this.#unforeseen.count + 1 : 1;
    this.#unforeseen = { id, count };
    if (count < unforeseenMax) throw cause;
    this.#options.logger.error('process.failed', { message_id: id }, cause);
    const { code, detail } = toBitHiveError(cause);
    return () => failed(id, code, code === 'BH_INTERNAL' ? ownFault : detail, 0);
  }

  #one(
    subject: Subject,
    { compiled, destinations }: ChannelInForce,
    states: LoadedStates,
  ): ProcessedMessage | MissingState {
    try {
      return processMessage(compiled, destinations, subject, states);
    } catch (cause) {
      // A fault of our own must not stop the channel: the message waits in quarantine and can be replayed after the repair.
      this.#options.logger.error('process.failed', { message_id: subject.message.id }, cause);
      return failed(subject.message.id, 'BH_INTERNAL', ownFault, 0);
    }
  }

  /** A large HL7 v2 message without its documents, where no step prints it again. */
  async #slim({ kind, body }: Message, { compiled }: ChannelInForce): Promise<SlimBody | null> {
    if (kind !== 'hl7v2' || body.kind === 'inline' || compiled.steps.some(({ needsWhole }) => needsWhole))
      return null;
    return slimBody(this.#options.blobs.stream(body.hash), this.#options.blobs);
  }

  /** Images and batches are never opened here; everything else is. */
  async #body({ kind, body }: Message): Promise<Uint8Array | null> {
    if (body.kind === 'inline') return body.bytes;
    return kind === 'dicom' || kind === 'batch' ? null : this.#options.blobs.read(body.hash);
  }

  #quarantined({ id, refusal }: ProcessedMessage): void {
    this.#options.logger.warn('message.quarantined', { message_id: id, code: refusal?.code });
  }

  /** Told after the commit, so once: what is processed again after a fault is not told twice. */
  #issue({ id }: ProcessedMessage, code: string): void {
    const { logger, channel } = this.#options;
    this.#issues.add(1, { channel, code });
    logger.warn('message.issue', { channel, message_id: id, code });
  }

  #report(error: unknown): void {
    const { code } = toBitHiveError(error);
    if (code === 'BH_STORE_FENCED') this.#hold.lost();
    this.#nextTimerMs = undefined;
    const unexpected = error instanceof BitHiveError ? undefined : error;
    this.#options.logger.warn('processor.fault', { channel: this.#options.channel, code }, unexpected);
  }
}

const ownFault = 'the engine failed on this message, see the log';

function failed(id: MessageId, code: string, detail: string, processedAtMs: number): ProcessedMessage {
  const none = { deliveries: [], states: [], items: [], timers: [] };
  return { id, status: 'quarantined', refusal: { code, detail }, processedAtMs, ...none };
}
