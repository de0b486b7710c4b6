import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ErrorCode } from '../core/error-catalogue.ts';
import { BitHiveError, toBitHiveError } from '../core/errors.ts';
import type { Clock } from '../core/ports/index.ts';
import type { FromThread, ThreadReply, ToThread } from './request-thread-port.ts';
import { type Answers, answerQuestion, type ThreadQuestion } from './thread-questions.ts';
import { refusedBy } from './thread-refusal.ts';

export interface RequestThreadOptions {
  readonly clock: Clock;
  /** Where its compiled entry lies: beside the compiled caller. */
  readonly entry: URL;
  /** What it does, as `reads frames`. */
  readonly task: string;
  readonly waitingMax: number;
  /** A thread that is silent for longer is replaced. */
  readonly runMs: number;
  readonly heapMbMax: number;
  /** What is thrown when too many wait, and when the thread is lost. */
  readonly codes: { readonly busy: ErrorCode; readonly lost: ErrorCode };
}

interface Waiting<Request, Result> {
  readonly id: number;
  readonly request: Request;
  readonly transfer: readonly ArrayBuffer[];
  readonly answers: Answers;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: BitHiveError) => void;
}

/**
 * A thread for work that would hold up the event loop, started with the first request. It has one request at a time; a thread that is silent too
 * long, or ends, is replaced, and only the request that it had is lost. Its entry calls `answerRequests`.
 */
export class RequestThread<Request, Result> {
  readonly #options: RequestThreadOptions;
  readonly #queue: Waiting<Request, Result>[] = [];
  #running: Waiting<Request, Result> | null = null;
  #stopTimer: () => void = () => {};
  #worker: Worker | null = null;
  #isClosed = false;
  #lastId = 0;

  constructor(options: RequestThreadOptions) {
    this.#options = options;
  }

  /**
   * Memory in `transfer` is the thread's from then on, when the promise is refused too. Throws the codes of the options, BH_STOPPING when it is
   * closed, and what the work throws.
   *
   * @param answers what the work may ask meanwhile
   */
  ask(request: Request, transfer: readonly ArrayBuffer[] = [], answers: Answers = {}): Promise<Result> {
    const { waitingMax, codes, task } = this.#options;
    if (this.#isClosed) return Promise.reject(this.#stopping());
    if (this.#queue.length >= waitingMax) {
      const detail = `${this.#queue.length} requests wait for the thread that ${task}`;
      return Promise.reject(new BitHiveError(codes.busy, detail));
    }
    return new Promise((resolve, reject) => {
      this.#lastId += 1;
      this.#queue.push({ id: this.#lastId, request, transfer, answers, resolve, reject });
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const worker = this.#worker;
    this.#worker = null;
    for (const { reject } of this.#queue.splice(0)) reject(this.#stopping());
    this.#end()?.reject(this.#stopping());
    await worker?.terminate();
  }

  #stopping(): BitHiveError {
    return new BitHiveError('BH_STOPPING', `the thread that ${this.#options.task} is closed`);
  }

  #next(): void {
    while (this.#running === null) {
      const waiting = this.#queue.shift();
      if (waiting === undefined) return;
      this.#running = waiting;
      try {
        this.#worker ??= this.#start();
        const { id, request } = waiting;
        this.#worker.postMessage({ id, request } satisfies ToThread<Request>, waiting.transfer);
      } catch (error) {
        this.#end()?.reject(toBitHiveError(error));
        continue;
      }
      this.#stopTimer = this.#options.clock.after(this.#options.runMs, () => this.#lose('it took too long'));
    }
  }

  #start(): Worker {
    const worker = new Worker(compiledEntry(this.#options.entry), {
      execArgv: [],
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: this.#options.heapMbMax },
    });
    // A thread that only waits keeps nobody from ending.
    worker.unref();
    worker.on('message', (heard: FromThread<Result>) => {
      if ('question' in heard) void this.#answer(worker, heard);
      else this.#hear(worker, heard);
    });
    worker.on('error', (error) => this.#lose(error instanceof Error ? error.message : String(error), worker));
    worker.on('messageerror', (error) => this.#lose(error.message, worker));
    worker.on('exit', (code) => this.#lose(`it ended with ${code}`, worker));
    return worker;
  }

  #hear(worker: Worker, reply: ThreadReply<Result>): void {
    if (worker !== this.#worker || reply.id !== this.#running?.id) return;
    const waiting = this.#end();
    if ('result' in reply) waiting?.resolve(reply.result);
    else waiting?.reject(refusedBy(reply));
    this.#next();
  }

  async #answer(worker: Worker, question: ThreadQuestion): Promise<void> {
    const running = this.#running;
    if (worker !== this.#worker || question.id !== running?.id) return;
    await answerQuestion(question, running.answers, (reply) => worker.postMessage(reply));
  }

  #lose(why: string, worker = this.#worker): void {
    if (worker === null || worker !== this.#worker) return;
    this.#worker = null;
    void worker.terminate();
    const { codes, task } = this.#options;
    this.#end()?.reject(new BitHiveError(codes.lost, `the thread that ${task} was lost: ${why}`));
    this.#next();
  }

  #end(): Waiting<Request, Result> | null {
    const running = this.#running;
    this.#running = null;
    this.#stopTimer();
    this.#stopTimer = () => {};
    return running;
  }
}

/** From `dist` the file itself, from the source tree (the tests) what `npm run build` made of it. */
function compiledEntry(entry: URL): string {
  const path = fileURLToPath(entry);
  if (existsSync(path)) return path;
  const root = fileURLToPath(new URL('..', import.meta.url));
  const built = join(root, 'dist', relative(root, path));
  if (import.meta.url.endsWith('.ts') && existsSync(built)) return built;
  throw new BitHiveError('BH_INTERNAL', `${path} is missing: run npm run build`);
}
