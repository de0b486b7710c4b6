import { removeOlderHere } from '../removals.ts';
import type { SharedSlab } from './body-memory.ts';
import { BodyThread, type BodyThreadParts } from './body-thread-host.ts';
import { RemovalLock } from './removal-lock.ts';

/** While one waits for the disk, the other one hashes and writes. */
const threadCount = 2;

export interface TakenSlab {
  readonly thread: BodyThread;
  readonly slab: SharedSlab;
}

/** The threads that write small bodies. Once one of them has failed no other body is given to any: the lock that they share may be held by it. */
export class BodyThreads {
  readonly #threads: readonly BodyThread[];

  private constructor(threads: readonly BodyThread[]) {
    this.#threads = threads;
  }

  /** null where they were not built, as in tests that run from source. Throws BH_STORE_IO. */
  static async start(parts: Omit<BodyThreadParts, 'lock'>): Promise<BodyThreads | null> {
    const lock = new RemovalLock();
    const numbers = Array.from({ length: threadCount }, (_, number) => number);
    const threads = await Promise.all(
      numbers.map((number) => BodyThread.start({ ...parts, run: `${parts.run}-${number}`, lock })),
    );
    const started = threads.filter((thread) => thread !== null);
    return started.length < threads.length ? null : new BodyThreads(started);
  }

  /** A slab for a body of its own, of the thread that has least to do; null when all are in use, or a thread has failed. */
  take(): TakenSlab | null {
    if (this.#hasFailed) return null;
    const [first, ...others] = this.#threads;
    let thread = first;
    for (const other of others)
      if (thread === undefined || other.freeSlabs > thread.freeSlabs) thread = other;
    const slab = thread?.take() ?? null;
    return thread === undefined || slab === null ? null : { thread, slab };
  }

  /** Removes the file unless it was written at `sinceMs` or later; false when nothing was removed. */
  async removeOlder(path: string, sinceMs: number): Promise<boolean> {
    if (!this.#hasFailed) return (await this.#threads[0]?.removeOlder(path, sinceMs)) ?? false;
    // The bodies that the others have still are placed first; then only files are written, which `Removals` knows of.
    return this.#threads.every(({ isIdle }) => isIdle) && removeOlderHere(path, sinceMs);
  }

  get #hasFailed(): boolean {
    return this.#threads.some(({ hasFailed }) => hasFailed);
  }
}
