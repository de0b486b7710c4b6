import { statSync, unlinkSync } from 'node:fs';
import { stat, unlink } from 'node:fs/promises';
import type { BlobHash } from '../../core/ids.ts';

/** Removes the file unless it was written at `sinceMs` or later, or is not there; false when nothing was removed. */
export type RemoveOlder = (path: string, sinceMs: number) => Promise<boolean>;

/**
 * Keeps the sweep of orphans and the writers of bodies apart, one hash at a time: between the sweep's look at the age of a body and its removal
 * a writer may put the same body there anew. One process owns the folder, so this is enough.
 */
export class Removals {
  /** Writers that are moving this body into place. */
  readonly #writers = new Map<BlobHash, number>();
  readonly #removing = new Map<BlobHash, Promise<unknown>>();

  readonly #removeOlder: RemoveOlder;

  /** @param removeOlder where another thread writes bodies as well, that thread's: it does one thing at a time */
  constructor(removeOlder: RemoveOlder = removeOlderHere) {
    this.#removeOlder = removeOlder;
  }

  /** Runs the writer's last step while nobody removes the body. */
  async keepDuring<T>(hash: BlobHash, step: () => Promise<T>): Promise<T> {
    this.#writers.set(hash, (this.#writers.get(hash) ?? 0) + 1);
    try {
      // Whatever came of it: the sweep hears of its failure, the writer puts its body in place.
      await Promise.allSettled([this.#removing.get(hash)]);
      return await step();
    } finally {
      const left = (this.#writers.get(hash) ?? 1) - 1;
      if (left > 0) this.#writers.set(hash, left);
      else this.#writers.delete(hash);
    }
  }

  /** False when the body stays: it was stored at `sinceMs` or later, a writer is at it, or it is not there. */
  async remove(hash: BlobHash, path: string, sinceMs: number): Promise<boolean> {
    if (this.#writers.has(hash) || this.#removing.has(hash)) return false;
    const removal = this.#removeOlder(path, sinceMs);
    this.#removing.set(hash, removal);
    try {
      return await removal;
    } finally {
      this.#removing.delete(hash);
    }
  }
}

/** The same where nothing else may run in between. */
export function removeOlderSync(path: string, sinceMs: number): boolean {
  try {
    if (statSync(path).mtimeMs >= sinceMs) return false;
    unlinkSync(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

export async function removeOlderHere(path: string, sinceMs: number): Promise<boolean> {
  try {
    if ((await stat(path)).mtimeMs >= sinceMs) return false;
    await unlink(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
