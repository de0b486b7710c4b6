import { Worker } from 'node:worker_threads';
import { catalogue, type ErrorCode } from '../../../core/error-catalogue.ts';
import { BitHiveError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import type { Clock } from '../../../core/ports/index.ts';
import { frameWorkerPath } from './worker/entry-path.ts';
import type { FrameReply, FrameRequest } from './worker/protocol.ts';

interface Waiting {
  readonly request: FrameRequest;
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: BitHiveError) => void;
}

/**
 * The thread that reads and decodes frames for viewers, started with the first request. It has one request at a time; a thread that is silent too
 * long, or ends, is replaced, and only the request that it had is lost.
 */
export class FrameThread {
  readonly #clock: Clock;
  readonly #queue: Waiting[] = [];
  #running: Waiting | null = null;
  #stopTimer: () => void = () => {};
  #worker: Worker | null = null;
  #lastId = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws BH_STORE_BUSY when too many wait, BH_INTERNAL when the thread is lost, and what `readFrame` throws. */
  read(request: Omit<FrameRequest, 'id'>): Promise<Uint8Array> {
    if (this.#queue.length >= limits.dicomwebFramesWaitingMax)
      return Promise.reject(
        new BitHiveError('BH_STORE_BUSY', `${this.#queue.length} frames wait to be read`),
      );
    return new Promise((resolve, reject) => {
      this.#lastId += 1;
      this.#queue.push({ request: { ...request, id: this.#lastId }, resolve, reject });
      this.#next();
    });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    for (const { reject } of this.#queue.splice(0))
      reject(new BitHiveError('BH_STOPPING', 'no frames are read any more'));
    this.#end()?.reject(new BitHiveError('BH_STOPPING', 'no frames are read any more'));
    await worker?.terminate();
  }

  #next(): void {
    if (this.#running !== null) return;
    const waiting = this.#queue.shift();
    if (waiting === undefined) return;
    this.#running = waiting;
    try {
      this.#worker ??= this.#start();
    } catch (error) {
      this.#end()?.reject(
        error instanceof BitHiveError ? error : new BitHiveError('BH_INTERNAL', String(error)),
      );
      return;
    }
    this.#stopTimer = this.#clock.after(limits.inferenceRunMs, () => this.#lose('it took too long'));
    this.#worker.postMessage(waiting.request);
  }

  #start(): Worker {
    const worker = new Worker(frameWorkerPath(), {
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: limits.inferenceWorkerHeapMbMax },
    });
    // A thread that only waits keeps nobody from ending.
    worker.unref();
    worker.on('message', (reply: FrameReply) => this.#hear(worker, reply));
    worker.on('error', (error) => this.#lose(error instanceof Error ? error.message : String(error), worker));
    worker.on('exit', (code) => this.#lose(`it ended with ${code}`, worker));
    return worker;
  }

  #hear(worker: Worker, reply: FrameReply): void {
    if (worker !== this.#worker || reply.id !== this.#running?.request.id) return;
    const waiting = this.#end();
    if ('bytes' in reply) waiting?.resolve(reply.bytes);
    else waiting?.reject(new BitHiveError(codeOf(reply.refusal.code), reply.refusal.detail));
    this.#next();
  }

  #lose(why: string, worker = this.#worker): void {
    if (worker === null || worker !== this.#worker) return;
    this.#worker = null;
    void worker.terminate();
    this.#end()?.reject(new BitHiveError('BH_INTERNAL', `the thread that reads frames was lost: ${why}`));
    this.#next();
  }

  #end(): Waiting | null {
    const running = this.#running;
    this.#running = null;
    this.#stopTimer();
    return running;
  }
}

const codeOf = (code: string): ErrorCode =>
  Object.hasOwn(catalogue, code) ? (code as ErrorCode) : 'BH_INTERNAL';
