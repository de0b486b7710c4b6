import type { Logger, Work } from '../../../core/ports/index.ts';

/** Who wants to hear of new work. A listener that throws is a bug of its own and is logged, never the store's failure. */
export class WorkListeners {
  readonly #listeners = new Set<(work: Work) => void>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(listener: (work: Work) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(works: readonly Work[]): void {
    for (const work of works) {
      for (const listener of this.#listeners) {
        try {
          listener(work);
        } catch (cause) {
          this.#logger.error('store.listener.failed', { work: work.kind }, cause);
        }
      }
    }
  }
}
