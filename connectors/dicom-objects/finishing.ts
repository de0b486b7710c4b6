/**
 * Runs tasks side by side, at most `tasksMax` of them, and keeps their results in the order in which they were started. Tasks must not
 * reject.
 */
export class Finishing<T> {
  readonly #tasksMax: number;
  readonly #results: T[] = [];
  readonly #running = new Set<Promise<void>>();
  #startedCount = 0;

  constructor(tasksMax: number) {
    this.#tasksMax = tasksMax;
  }

  get startedCount(): number {
    return this.#startedCount;
  }

  /** Resolves when the task has started, which is when another one has ended if too many run. */
  async start(task: () => Promise<T>): Promise<void> {
    while (this.#running.size >= this.#tasksMax) await Promise.race(this.#running);
    const index = this.#startedCount++;
    const run: Promise<void> = task()
      .then((result) => {
        this.#results[index] = result;
      })
      .finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  /** The results, when all have ended. */
  async all(): Promise<readonly T[]> {
    await Promise.all(this.#running);
    return this.#results;
  }
}
