import { Worker } from 'node:worker_threads';
import { assert } from '../core/assert.ts';
import { BitHiveError } from '../core/errors.ts';
import type { Clock } from '../core/ports/clock.ts';
import type { RunRequest, RunResult, WorkerBirth, WorkerMessage } from './worker/protocol.ts';

/** How a thread ended that was not asked to. */
export interface SlotLoss {
  /** False when it ended with no request at hand: starting it again at once would most likely give the same. */
  readonly duringRun: boolean;
  readonly why: string;
}

export interface SlotOptions {
  readonly entryPath: string;
  readonly birth: WorkerBirth;
  readonly clock: Clock;
  readonly runMs: number;
  readonly heapMb: number;
  /** The thread is free for a request. */
  readonly onFree: (slot: WorkerSlot) => void;
  /** The thread is lost; its request, if any, has been rejected. Called once. */
  readonly onLost: (slot: WorkerSlot, loss: SlotLoss) => void;
  /** The thread is gone for good, asked to or not. Called once, maybe long after `onLost`: native code can't be interrupted. */
  readonly onGone: (slot: WorkerSlot) => void;
}

interface Running {
  readonly id: number;
  readonly resolve: (result: RunResult) => void;
  readonly reject: (error: BitHiveError) => void;
  readonly stopTimer: () => void;
}

/** One worker thread and the one request that it may have. */
export class WorkerSlot {
  readonly #options: SlotOptions;
  readonly #worker: Worker;
  #state: 'starting' | 'free' | 'busy' | 'lost' = 'starting';
  #running: Running | undefined;
  #lastError = '';

  constructor(options: SlotOptions) {
    this.#options = options;
    this.#worker = new Worker(options.entryPath, {
      workerData: options.birth,
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: options.heapMb },
    });
    this.#worker.on('message', (message: WorkerMessage) => this.#hear(message));
    this.#worker.on('error', (error) => {
      this.#lastError = error instanceof Error ? error.message : String(error);
    });
    this.#worker.on('exit', (exitCode) => {
      this.#lose(`it ended with ${exitCode}${this.#lastError ? `: ${this.#lastError}` : ''}`);
      options.onGone(this);
    });
  }

  get isFree(): boolean {
    return this.#state === 'free';
  }

  get isReady(): boolean {
    return this.#state === 'free' || this.#state === 'busy';
  }

  /** Rejected with BH_MODEL_WORKER when the thread dies or gives no answer in time. */
  run(request: RunRequest): Promise<RunResult> {
    assert(this.#state === 'free', 'a request goes to a free worker');
    this.#state = 'busy';
    return new Promise((resolve, reject) => {
      const stopTimer = this.#options.clock.after(this.#options.runMs, () => this.#giveUp());
      this.#running = { id: request.id, resolve, reject, stopTimer };
      this.#worker.postMessage(request);
    });
  }

  /** Ends the thread without a word to `onLost`. It ends when the native call that it may be in returns. */
  stop(): void {
    this.#state = 'lost';
    this.#settle()?.reject(new BitHiveError('BH_STOPPING', 'the grid is stopping'));
    void this.#worker.terminate();
  }

  #hear(message: WorkerMessage): void {
    if (this.#state === 'lost') return;
    const running = message.kind === 'answer' ? this.#settle() : undefined;
    if (message.kind === 'answer') {
      assert(running?.id === message.id, 'a worker answers the request that it has');
      running.resolve(message.result);
    }
    this.#state = 'free';
    this.#options.onFree(this);
  }

  #giveUp(): void {
    this.#lose(`no answer within ${this.#options.runMs} ms`);
    void this.#worker.terminate();
  }

  #lose(why: string): void {
    if (this.#state === 'lost') return;
    const duringRun = this.#state === 'busy';
    this.#state = 'lost';
    this.#settle()?.reject(new BitHiveError('BH_MODEL_WORKER', `the worker was lost: ${why}`));
    this.#options.onLost(this, { duringRun, why });
  }

  #settle(): Running | undefined {
    const running = this.#running;
    this.#running = undefined;
    running?.stopTimer();
    return running;
  }
}
