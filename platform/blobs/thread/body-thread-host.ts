import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { BitHiveError } from '../../../core/errors.ts';
import { BodyMemory, type SharedSlab, slabStates } from './body-memory.ts';
import type { RemovalLock } from './removal-lock.ts';

export interface BodyThreadParts {
  readonly root: string;
  readonly temporary: string;
  /** Begins the names of its unfinished bodies. */
  readonly run: string;
  /** That of all threads that write there. */
  readonly lock: RemovalLock;
  /** Told once when the thread has stopped. */
  readonly failed: (failure: BitHiveError) => void;
}

export interface BodyThreadSetup extends Omit<BodyThreadParts, 'lock' | 'failed'> {
  readonly buffer: SharedArrayBuffer;
  /** Takes `RemovalRequest`; the bell is rung for each. */
  readonly requests: MessagePort;
  readonly lockBuffer: SharedArrayBuffer;
}

export interface RemovalRequest {
  readonly number: number;
  readonly path: string;
  readonly sinceMs: number;
}

interface SystemError {
  readonly code: string | undefined;
  readonly message: string;
}

export interface PlacedReply {
  readonly kind: 'placed';
  readonly slab: number;
  /** SHA-256 of all bytes, in hexadecimal. */
  readonly hash: string;
  readonly tailHash: string | null;
  /** null: durable under its name. */
  readonly error: SystemError | null;
}

interface RemovedReply {
  readonly kind: 'removed';
  readonly number: number;
  readonly isRemoved: boolean;
  readonly error: SystemError | null;
}

export type BodyReply = { readonly kind: 'started' } | PlacedReply | RemovedReply;

interface Awaited<T> {
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** The compiled thread, beside this file or, when this is the source, in `dist`; null when it was not built. */
function threadPath(): string | null {
  const here = fileURLToPath(import.meta.url);
  const path = here.endsWith('.js')
    ? here.replace(/body-thread-host\.js$/, 'body-thread.js')
    : here.replace(
        /platform([/\\])blobs([/\\])thread([/\\])body-thread-host\.ts$/,
        'dist$1platform$1blobs$1thread$1body-thread.js',
      );
  return existsSync(path) ? path : null;
}

/**
 * The main thread's side of a thread of bodies. It ends with the process: nothing is ever half acknowledged, and what it leaves unfinished
 * goes at the next start. After a failure it takes no more bodies; who wants a slab then gets none.
 */
export class BodyThread {
  readonly #memory: BodyMemory;
  readonly #worker: Worker;
  readonly #requests: MessagePort;
  readonly #failed: BodyThreadParts['failed'];
  readonly #slabs: readonly SharedSlab[];
  readonly #free: SharedSlab[];
  readonly #committed = new Map<number, Awaited<PlacedReply>>();
  readonly #removals = new Map<number, Awaited<boolean>>();
  #removalCount = 0;
  #failure: BitHiveError | null = null;

  private constructor(
    memory: BodyMemory,
    worker: Worker,
    requests: MessagePort,
    failed: BodyThreadParts['failed'],
  ) {
    this.#failed = failed;
    this.#memory = memory;
    this.#worker = worker;
    this.#requests = requests;
    this.#slabs = memory.slabs;
    this.#free = [...this.#slabs];
  }

  /** null where the thread was not built, as in tests that run from source. Throws BH_STORE_IO. */
  static async start({ lock, failed, ...parts }: BodyThreadParts): Promise<BodyThread | null> {
    const path = threadPath();
    if (path === null) return null;
    const memory = BodyMemory.make();
    const { port1: requests, port2 } = new MessageChannel();
    const { buffer } = memory;
    const workerData: BodyThreadSetup = { ...parts, buffer, requests: port2, lockBuffer: lock.buffer };
    const worker = new Worker(path, { workerData, transferList: [port2], name: 'bithive-bodies' });
    const thread = new BodyThread(memory, worker, requests, failed);
    await thread.#started();
    requests.unref();
    worker.unref();
    return thread;
  }

  /** None after a failure. */
  get freeSlabs(): number {
    return this.#failure === null ? this.#free.length : 0;
  }

  get hasFailed(): boolean {
    return this.#failure !== null;
  }

  /** It has no body, and after a failure none any more. */
  get isIdle(): boolean {
    return this.hasFailed || this.#free.length === this.#slabs.length;
  }

  /** A slab for a body of its own; null when all are in use. Given back by `release`, or by a commit that has ended. */
  take(): SharedSlab | null {
    if (this.#failure !== null) return null;
    const slab = this.#free.pop() ?? null;
    slab?.begin();
    return slab;
  }

  release(slab: SharedSlab): void {
    slab.state = slabStates.free;
    this.#free.push(slab);
  }

  /** Tells that more bytes are in a slab: they are hashed while the next ones come. */
  announce(): void {
    this.#memory.ring();
  }

  /** Makes the body in the slab durable. The slab is free when it settles. */
  async commit(slab: SharedSlab): Promise<PlacedReply> {
    if (this.#failure !== null) throw this.#failure;
    const placed = new Promise<PlacedReply>((resolve, reject) => {
      this.#committed.set(slab.index, { resolve, reject });
    });
    slab.state = slabStates.committed;
    this.#ring();
    return await placed;
  }

  /** As `removeOlderHere`, while no thread places a body. */
  async removeOlder(path: string, sinceMs: number): Promise<boolean> {
    if (this.#failure !== null) throw this.#failure;
    this.#removalCount += 1;
    const number = this.#removalCount;
    const removed = new Promise<boolean>((resolve, reject) => {
      this.#removals.set(number, { resolve, reject });
    });
    this.#requests.postMessage({ number, path, sinceMs } satisfies RemovalRequest);
    this.#ring();
    return await removed;
  }

  /** The process stays while something is awaited, and only then. */
  #ring(): void {
    this.#worker.ref();
    this.#memory.ring();
  }

  #started(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#worker.on('message', (reply: BodyReply) => {
        if (reply.kind === 'started') resolve();
        else this.#settle(reply);
      });
      const fail = (cause: unknown): void => {
        this.#fail(cause);
        reject(this.#failure);
      };
      this.#worker.once('error', fail).once('exit', fail);
    });
  }

  #settle(reply: PlacedReply | RemovedReply): void {
    if (this.#committed.size + this.#removals.size === 1) this.#worker.unref();
    if (reply.kind === 'placed') {
      const awaited = this.#committed.get(reply.slab);
      this.#committed.delete(reply.slab);
      this.release(this.#slabs[reply.slab]!);
      if (reply.error === null) awaited?.resolve(reply);
      else awaited?.reject(systemError(reply.error));
      return;
    }
    const awaited = this.#removals.get(reply.number);
    this.#removals.delete(reply.number);
    if (reply.error === null) awaited?.resolve(reply.isRemoved);
    else awaited?.reject(systemError(reply.error));
  }

  #fail(cause: unknown): void {
    if (this.#failure !== null) return;
    this.#failure = new BitHiveError('BH_STORE_IO', 'the thread that writes bodies stopped', { cause });
    this.#failed(this.#failure);
    for (const awaited of [...this.#committed.values(), ...this.#removals.values()])
      awaited.reject(this.#failure);
    this.#committed.clear();
    this.#removals.clear();
  }
}

const systemError = ({ code, message }: SystemError): Error =>
  Object.assign(new TypeError(message), code === undefined ? {} : { code });
