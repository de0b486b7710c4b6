import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { assert } from '../../../core/assert.ts';
import { BitHiveError } from '../../../core/errors.ts';
import type { ConnectionOptions } from './connection.ts';
import type { GroupRunner } from './runner.ts';
import { packOperations, unpackResult, type Wire } from './wire.ts';

export interface ThreadSetup {
  readonly path: string;
  readonly options: ConnectionOptions;
}
export type ThreadRequest =
  | { readonly kind: 'run'; readonly wire: Wire }
  | { readonly kind: 'recover' }
  | { readonly kind: 'close' };
export type ThreadReply =
  | { readonly kind: 'ran'; readonly wire: Wire }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly detail: string };

/** Whether this file was compiled: a worker cannot run from source on Node 20. */
export const isCompiled = import.meta.url.endsWith('.js');

/** The compiled worker, beside this file or, when this is the source, in `dist`; null when it was not built. */
export function writerThreadPath(): string | null {
  const here = fileURLToPath(import.meta.url);
  const path = isCompiled
    ? here.replace(/thread-runner\.js$/, 'writer-thread.js')
    : here.replace(
        /platform([/\\])store([/\\])sqlite([/\\])thread-runner\.ts$/,
        'dist$1platform$1store$1sqlite$1writer-thread.js',
      );
  return existsSync(path) ? path : null;
}

/** Applies groups in a worker thread. One request is under way at a time, so replies need no numbers. */
export async function threadRunner(setup: ThreadSetup): Promise<GroupRunner> {
  let thread = await startThread(setup);
  return {
    run: async (operations) => {
      const wire = packOperations(operations);
      const reply = await thread.ask({ kind: 'run', wire }, [wire.bytes.buffer as ArrayBuffer]);
      assert(reply.kind === 'ran', 'a group is answered by its results');
      return unpackResult(reply.wire);
    },
    recover: async () => {
      // A thread that stopped left its connection to the system; the new one opens the file as after a crash.
      if (thread.hasStopped) thread = await startThread(setup);
      const reply = await thread.ask({ kind: 'recover' });
      if (reply.kind === 'failed') throw new BitHiveError('BH_STORE_IO', reply.detail);
    },
    close: async () => {
      if (thread.hasStopped) return;
      await thread.ask({ kind: 'close' });
      await thread.ended;
    },
  };
}

async function startThread(setup: ThreadSetup): Promise<WriterThread> {
  const path = writerThreadPath();
  if (path === null)
    throw new BitHiveError('BH_STORE_VERSION', 'the writer thread is not built: run npm run build');
  const thread = new WriterThread(new Worker(path, { workerData: setup, name: 'bithive-store-writer' }));
  await thread.ask(null);
  return thread;
}

interface Asked {
  resolve(reply: ThreadReply): void;
  reject(error: unknown): void;
}

class WriterThread {
  readonly ended: Promise<void>;
  readonly #worker: Worker;
  #asked: Asked | null = null;
  #failure: BitHiveError | null = null;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('message', (reply: ThreadReply) => this.#settle((asked) => asked.resolve(reply)));
    worker.on('error', (cause) => this.#fail(cause));
    this.ended = new Promise((resolve) => {
      worker.on('exit', () => {
        this.#fail(null);
        resolve();
      });
    });
  }

  get hasStopped(): boolean {
    return this.#failure !== null;
  }

  /** null: waits for the thread's word that it has started. */
  ask(request: ThreadRequest | null, transfer: ArrayBuffer[] = []): Promise<ThreadReply> {
    assert(this.#asked === null, 'one request is under way at a time');
    if (this.#failure) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#asked = { resolve, reject };
      if (request) this.#worker.postMessage(request, transfer);
    });
  }

  #fail(cause: unknown): void {
    this.#failure ??= new BitHiveError('BH_STORE_IO', 'the writer thread of the store stopped', { cause });
    this.#settle((asked) => asked.reject(this.#failure));
  }

  #settle(answer: (asked: Asked) => void): void {
    const asked = this.#asked;
    this.#asked = null;
    if (asked) answer(asked);
  }
}
