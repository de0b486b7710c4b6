/** How many threads are placing bodies, and whether one wants to remove or removes. */
const placingWord = 0;
const removingWord = 1;
const lockBytes = 8;
/** No thread places a group for so long: one that ended in the middle is what a removal would wait for. */
const waitMs = 5_000;

/**
 * Keeps the removal of an old body from falling between two steps of a thread that puts the same body there anew. Threads place side by side;
 * a removal, which is rare, has the folder for itself.
 */
export class RemovalLock {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(lockBytes)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
  }

  /** Runs the step while nobody removes. */
  place<T>(step: () => T): T {
    this.#enter();
    try {
      return step();
    } finally {
      this.#leave();
    }
  }

  /** Runs the step while nobody places or removes; null, and nothing is done, where that does not come to be. */
  remove<T>(step: () => T): T | null {
    if (Atomics.compareExchange(this.#words, removingWord, 0, 1) !== 0) return null;
    try {
      const placing = Atomics.load(this.#words, placingWord);
      return this.#waitForPlacers(placing) ? step() : null;
    } finally {
      Atomics.store(this.#words, removingWord, 0);
      Atomics.notify(this.#words, removingWord);
    }
  }

  #waitForPlacers(first: number): boolean {
    const endMs = performance.now() + waitMs;
    for (let placing = first; placing > 0; placing = Atomics.load(this.#words, placingWord)) {
      const leftMs = endMs - performance.now();
      if (leftMs <= 0) return false;
      Atomics.wait(this.#words, placingWord, placing, leftMs);
    }
    return true;
  }

  #enter(): void {
    for (;;) {
      Atomics.add(this.#words, placingWord, 1);
      if (Atomics.load(this.#words, removingWord) === 0) return;
      this.#leave();
      Atomics.wait(this.#words, removingWord, 1);
    }
  }

  #leave(): void {
    Atomics.sub(this.#words, placingWord, 1);
    Atomics.notify(this.#words, placingWord);
  }
}
