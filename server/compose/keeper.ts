import { toBitHiveError } from '../../core/errors.ts';
import type { Blobs, Clock, Logger, Store } from '../../core/ports/index.ts';
import { orphans } from './orphans.ts';

const everyMs = 60_000;
const batchMessages = 500;
const dayMs = 86_400_000;
/** A body is durable before the row that names it; how much before is a matter of seconds, and of minutes while the store recovers. */
const graceMs = dayMs;
const sweepEveryMs = 6 * 3_600_000;

export interface KeeperOptions {
  readonly store: Store;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly logger: Logger;
  /** 0: no message is ever removed. */
  readonly retentionDays: number;
  /** While less is free, messages go after `days`; absent or 0 days: never before their time. */
  readonly emergency?: { readonly days: number; readonly freeBytesWarn: number };
}

/**
 * Removes ended messages past their retention, and bodies that no row names (any more), a little at a time, so that no door waits
 * for it.
 */
export class Keeper {
  readonly #options: KeeperOptions;
  #cancel: () => void = () => {};
  #round: Promise<void> = Promise.resolve();
  #sweepAtMs: number;
  #stopped = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#sweepAtMs = options.clock.monotonicMs() + everyMs;
  }

  start(): void {
    const { clock, logger } = this.#options;
    this.#cancel = clock.after(everyMs, () => {
      this.#round = this.keep()
        .catch((error) => logger.warn('retention.fault', { code: toBitHiveError(error).code }, error))
        .finally(() => {
          if (!this.#stopped) this.start();
        });
    });
  }

  /** Ends after the step in hand. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#round;
  }

  /** One round, as it comes every minute. */
  async keep(): Promise<void> {
    const { clock } = this.#options;
    const days = await this.#days();
    if (days > 0) await this.prune(days);
    if (this.#stopped || clock.monotonicMs() < this.#sweepAtMs) return;
    this.#sweepAtMs = clock.monotonicMs() + sweepEveryMs;
    await this.sweep();
  }

  /** Past how many days messages go now: earlier where the disk runs full. Bodies follow with the next sweep, which comes at once then. */
  async #days(): Promise<number> {
    const { blobs, logger, retentionDays, emergency } = this.#options;
    if (emergency === undefined || emergency.days === 0) return retentionDays;
    if (retentionDays > 0 && retentionDays <= emergency.days) return retentionDays;
    const freeBytes = await blobs.freeBytes();
    if (freeBytes >= emergency.freeBytesWarn) return retentionDays;
    logger.warn('retention.emergency', { free_bytes: freeBytes, days: emergency.days });
    this.#sweepAtMs = Math.min(this.#sweepAtMs, this.#options.clock.monotonicMs());
    return emergency.days;
  }

  /** Removes ended messages that are older; returns how many. What is not delivered stays, with all that led to it. */
  async prune(days: number = this.#options.retentionDays): Promise<number> {
    const { store, clock, logger } = this.#options;
    const beforeMs = clock.nowMs() - days * dayMs;
    let removed = 0;
    // A message goes with its answers, so a batch may be over its limit.
    for (let count = batchMessages; count >= batchMessages && !this.#stopped; ) {
      count = await store.prune({ beforeMs, limit: batchMessages });
      removed += count;
    }
    if (removed > 0) logger.info('retention.pruned', { messages: removed });
    return removed;
  }

  /**
   * Removes the bodies that nothing names: those of pruned messages, and those whose sender was cut off before its row was written. A
   * body that was stored within the last day stays in any case: its row may be on the way.
   */
  async sweep(): Promise<number> {
    const { store, blobs, clock, logger } = this.#options;
    const sinceMs = clock.nowMs() - graceMs;
    let removed = 0;
    for await (const hash of orphans(blobs.list(), store.blobsInUse())) {
      if (this.#stopped) break;
      if (await blobs.removeUnlessStoredSince(hash, sinceMs)) removed += 1;
    }
    if (removed > 0) logger.info('retention.swept', { bodies: removed });
    return removed;
  }
}
