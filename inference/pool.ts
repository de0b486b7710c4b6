import { availableParallelism } from 'node:os';
import { assert } from '../core/assert.ts';
import { BitHiveError, toBitHiveError } from '../core/errors.ts';
import { limits } from '../core/limits.ts';
import type { Urgency } from '../core/order.ts';
import type { Clock, Logger, Metrics } from '../core/ports/index.ts';
import { type InferenceMetrics, inferenceMetrics } from './inference-metrics.ts';
import type { ModelRegistry } from './model-registry.ts';
import { UrgencyQueue } from './urgency-queue.ts';
import { workerEntryPath } from './worker/entry-path.ts';
import type { ImageSource, RunResult } from './worker/protocol.ts';
import { type SlotLoss, WorkerSlot } from './worker-slot.ts';

export interface PoolOptions {
  readonly models: ModelRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Worker threads; default: one less than the cores, so that the engine's own loop keeps one. */
  readonly workers?: number;
  readonly queueJobsMax?: number;
  readonly runMs?: number;
  readonly heapMb?: number;
  /** How long `close` lets jobs finish before it gives them back. */
  readonly drainMs?: number;
  /** Compiled worker to run instead of our own (tests of the pool). */
  readonly entryPath?: string;
}

export interface PoolJob {
  readonly model: string;
  readonly urgency: Urgency;
  readonly image: ImageSource;
  /** An earlier image, for a model that compares. */
  readonly prior?: ImageSource;
}

export type PoolResult = RunResult & { readonly ranAtMs: number; readonly durationMs: number };

/** A fixed number of worker threads, each with its own session. The thread that calls never runs a model. */
export interface InferencePool {
  readonly workers: number;
  /**
   * One image through one model. Rejected with BH_MODEL_BUSY (queue full, no worker can be started), BH_MODEL_WORKER (the worker died or hung on
   * it), BH_STOPPING (aborted, or the pool closes).
   */
  run(job: PoolJob, signal: AbortSignal): Promise<PoolResult>;
  /** Takes no more jobs, lets the others finish for `drainMs`, ends the workers. */
  close(): Promise<void>;
}

export function defaultWorkerCount(): number {
  return Math.max(1, Math.min(limits.inferenceWorkersMax, availableParallelism() - 1));
}

export function createInferencePool(options: PoolOptions): InferencePool {
  return new ThreadPool(options);
}

interface Ticket {
  readonly job: PoolJob;
  readonly signal: AbortSignal;
  readonly resolve: (result: PoolResult) => void;
  readonly reject: (error: BitHiveError) => void;
  readonly onAbort: () => void;
}

const drainMsDefault = 10_000;
const endMs = 5_000;
const restartFirstMs = 100;
const restartMaxMs = 30_000;

const stopping = () => new BitHiveError('BH_STOPPING', 'the grid gave the job back');

class ThreadPool implements InferencePool {
  readonly workers: number;
  readonly #options: PoolOptions;
  readonly #entryPath: string;
  readonly #metrics: InferenceMetrics;
  readonly #queue = new UrgencyQueue<Ticket>();
  readonly #slots = new Set<WorkerSlot>();
  /** Threads that were given up and have not ended yet: native code runs to its end whatever we ask. */
  readonly #lingering = new Set<WorkerSlot>();
  #cancelRestart: (() => void) | undefined;
  #running = 0;
  #requests = 0;
  #failedStarts = 0;
  #closing: Promise<void> | undefined;
  #onChange: (() => void) | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#entryPath = options.entryPath ?? workerEntryPath();
    this.#metrics = inferenceMetrics(options.metrics);
    this.workers = options.workers ?? defaultWorkerCount();
    assert(this.workers >= 1 && this.workers <= limits.inferenceWorkersMax, 'a pool has workers');
    this.#fill();
  }

  run(job: PoolJob, signal: AbortSignal): Promise<PoolResult> {
    if (this.#closing || signal.aborted) return Promise.reject(stopping());
    if (this.#queue.size >= (this.#options.queueJobsMax ?? limits.inferenceQueueJobsMax))
      return Promise.reject(new BitHiveError('BH_MODEL_BUSY', `${this.#queue.size} jobs wait already`));
    return new Promise((resolve, reject) => {
      const ticket: Ticket = { job, signal, resolve, reject, onAbort: () => this.#abort(ticket) };
      signal.addEventListener('abort', ticket.onAbort, { once: true });
      this.#queue.push(ticket, job.urgency, this.#options.clock.monotonicMs());
      this.#dispatch();
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** A run that has begun goes on to its end in the worker; only its result is not awaited any more. */
  #abort(ticket: Ticket): void {
    this.#queue.remove(ticket);
    ticket.reject(stopping());
    this.#changed();
  }

  #dispatch(): void {
    for (const slot of this.#slots) {
      if (!slot.isFree) continue;
      const ticket = this.#queue.shift();
      if (!ticket) break;
      void this.#runOn(slot, ticket);
    }
    this.#changed();
  }

  /** Never rejects: whatever happens is told to the ticket. */
  async #runOn(slot: WorkerSlot, ticket: Ticket): Promise<void> {
    const { clock } = this.#options;
    const { model, image, prior } = ticket.job;
    const ranAtMs = clock.nowMs();
    const startedMs = clock.monotonicMs();
    this.#running += 1;
    this.#requests += 1;
    try {
      const result = await slot.run({ id: this.#requests, model, image, ...(prior ? { prior } : {}) });
      const durationMs = clock.monotonicMs() - startedMs;
      this.#failedStarts = 0;
      this.#metrics.ran(model, result.kind, durationMs);
      ticket.resolve({ ...result, ranAtMs, durationMs });
    } catch (error) {
      ticket.reject(toBitHiveError(error));
    } finally {
      ticket.signal.removeEventListener('abort', ticket.onAbort);
      this.#running -= 1;
      this.#changed();
    }
  }

  /** Starts threads up to the number of workers, unless as many that were given up still hold a core. */
  #fill(): void {
    while (!this.#closing && this.#slots.size < this.workers && this.#lingering.size <= this.workers) {
      const slot: WorkerSlot = new WorkerSlot({
        entryPath: this.#entryPath,
        birth: { models: this.#options.models.models },
        clock: this.#options.clock,
        runMs: this.#options.runMs ?? limits.inferenceRunMs,
        heapMb: this.#options.heapMb ?? limits.inferenceWorkerHeapMbMax,
        onFree: () => this.#dispatch(),
        onLost: (lost, loss) => this.#replace(lost, loss),
        onGone: (gone) => this.#forget(gone),
      });
      this.#slots.add(slot);
    }
  }

  #replace(slot: WorkerSlot, loss: SlotLoss): void {
    this.#slots.delete(slot);
    this.#lingering.add(slot);
    this.#metrics.lost();
    this.#options.logger.warn('inference.worker.lost', { why: loss.why, duringRun: loss.duringRun });
    if (loss.duringRun) this.#fill();
    else this.#restartLater(loss.why);
  }

  /** A thread that ends without work has nothing wrong with its work: start again, but not in a tight loop. */
  #restartLater(why: string): void {
    this.#failedStarts += 1;
    if (![...this.#slots].some((slot) => slot.isReady))
      this.#refuseWaiting(new BitHiveError('BH_MODEL_BUSY', `no worker could be started: ${why}`));
    if (this.#cancelRestart || this.#closing) return;
    const delayMs = Math.min(restartMaxMs, restartFirstMs * 2 ** Math.min(16, this.#failedStarts));
    this.#cancelRestart = this.#options.clock.after(delayMs, () => {
      this.#cancelRestart = undefined;
      this.#fill();
    });
  }

  #refuseWaiting(error: BitHiveError): void {
    for (let ticket = this.#queue.shift(); ticket; ticket = this.#queue.shift()) {
      ticket.signal.removeEventListener('abort', ticket.onAbort);
      ticket.reject(error);
    }
    this.#changed();
  }

  #forget(slot: WorkerSlot): void {
    this.#slots.delete(slot);
    this.#lingering.delete(slot);
    if (!this.#cancelRestart) this.#fill();
    this.#changed();
  }

  async #close(): Promise<void> {
    await this.#until(() => this.#running + this.#queue.size === 0, this.#options.drainMs ?? drainMsDefault);
    this.#cancelRestart?.();
    this.#refuseWaiting(stopping());
    for (const slot of this.#slots) slot.stop();
    await this.#until(() => this.#slots.size + this.#lingering.size === 0, endMs);
  }

  #until(isTrue: () => boolean, withinMs: number): Promise<void> {
    if (isTrue()) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(withinMs, resolve);
      this.#onChange = () => {
        if (!isTrue()) return;
        this.#onChange = undefined;
        cancel();
        resolve();
      };
    });
  }

  #changed(): void {
    this.#metrics.waiting(this.#queue.size);
    this.#onChange?.();
  }
}
