import { toBitHiveError } from '../../core/errors.ts';
import type { Clock, Logger, Store } from '../../core/ports/index.ts';

const everyMs = 60_000;
const batchMessages = 500;
const dayMs = 86_400_000;

export interface KeeperOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  /** 0: nothing is ever removed. */
  readonly retentionDays: number;
}

/** Removes ended messages past their retention, a little at a time, so that no door waits for it. */
export class Keeper {
  readonly #options: KeeperOptions;
  #cancel: () => void = () => {};
  #stopped = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock, logger, retentionDays } = this.#options;
    if (retentionDays === 0) return;
    this.#cancel = clock.after(everyMs, () => {
      this.#prune()
        .catch((error) => logger.warn('retention.fault', { code: toBitHiveError(error).code }, error))
        .finally(() => {
          if (!this.#stopped) this.start();
        });
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  async #prune(): Promise<void> {
    const { store, clock, logger, retentionDays } = this.#options;
    const beforeMs = clock.nowMs() - retentionDays * dayMs;
    let removed = 0;
    for (let count = batchMessages; count === batchMessages && !this.#stopped; ) {
      count = await store.prune({ beforeMs, limit: batchMessages });
      removed += count;
    }
    if (removed > 0) logger.info('retention.pruned', { messages: removed });
  }
}
