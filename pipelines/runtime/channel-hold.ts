import { BitHiveError, toBitHiveError } from '../../core/errors.ts';
import type { ChannelLease, Clock, Logger, Store } from '../../core/ports/index.ts';

const leaseMs = 10_000;
/** Half of a lease may be over when something long begins: at twice this it would be asked for when it has just run out. */
const lookMs = leaseMs / 4;

export interface ChannelHoldOptions {
  readonly channel: string;
  readonly owner: string;
  readonly store: Pick<Store, 'leaseChannel' | 'releaseChannel'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called when another owner may have had the channel meanwhile. */
  readonly changed: () => void;
}

/** The right of this node to process one channel. */
export class ChannelHold {
  readonly #options: ChannelHoldOptions;
  #lease: ChannelLease | null = null;
  #untilMs = 0;
  #isGivenUp = false;
  #refuse: () => void = () => {};

  constructor(options: ChannelHoldOptions) {
    this.#options = options;
  }

  get isHeld(): boolean {
    return this.#lease !== null;
  }

  /** Takes the channel, or keeps it; null when another node has it. */
  async take(): Promise<ChannelLease | null> {
    const { store, channel, owner, clock, changed } = this.#options;
    const nowMs = clock.monotonicMs();
    if (this.#lease && nowMs < this.#untilMs - leaseMs / 2) return this.#lease;
    const epoch = this.#lease?.epoch;
    this.#lease = await store.leaseChannel(channel, owner, leaseMs);
    if (this.#lease?.epoch !== epoch) changed();
    this.#untilMs = nowMs + leaseMs;
    return this.#lease;
  }

  /**
   * Keeps the channel while something is waited for, which may take longer than a lease.
   *
   * @throws BH_STOPPING after `giveUp`; what becomes of the work then is seen by nobody
   */
  async during<T>(work: Promise<T>): Promise<T> {
    const { clock, logger, channel } = this.#options;
    let stop = (): void => {};
    let renewing: Promise<unknown> = Promise.resolve();
    const later = (): void => {
      stop = clock.after(lookMs, () => {
        later();
        renewing = this.take().catch((error: unknown) =>
          logger.warn('processor.fault', { channel, code: toBitHiveError(error).code }),
        );
      });
    };
    later();
    const givenUp = new Promise<never>((_, reject) => {
      this.#refuse = () => reject(new BitHiveError('BH_STOPPING', 'the channel is given back'));
    });
    if (this.#isGivenUp) this.#refuse();
    try {
      return await Promise.race([work, givenUp]);
    } finally {
      this.#refuse = () => {};
      stop();
      // One that is answered later could take the channel again when it was given back.
      await renewing;
    }
  }

  /** Waits for nothing long any more. */
  giveUp(): void {
    this.#isGivenUp = true;
    this.#refuse();
  }

  /** Another node has taken it. */
  lost(): void {
    this.#lease = null;
  }

  async giveBack(): Promise<void> {
    if (this.#lease) await this.#options.store.releaseChannel(this.#lease);
  }
}
