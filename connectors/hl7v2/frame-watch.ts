import type { Clock } from '../../core/ports/index.ts';
import type { MllpFramer } from './framer.ts';

export interface FrameWatchOptions {
  readonly clock: Clock;
  /** An open frame must end, or grow by `progressBytesMin`, within this time. */
  readonly frameIdleMs: number;
  /** Silence after an end block that ends the frame without its CR. */
  readonly endQuietMs: number;
  /** While reading is stopped by us, the sender cannot be late. */
  readonly isPaused: () => boolean;
  readonly idleOver: () => void;
  readonly quietOver: () => void;
}

/** Growth within the idle limit that keeps a large frame alive on a slow line. */
const progressBytesMin = 64 * 1024;

/** The clocks of a frame that is not whole yet. No timer runs for a frame that comes in one piece. */
export class FrameWatch {
  readonly #framer: MllpFramer;
  readonly #options: FrameWatchOptions;
  #frame = 0;
  #bytes = 0;
  #stopIdle: (() => void) | undefined;
  #stopQuiet: (() => void) | undefined;

  constructor(framer: MllpFramer, options: FrameWatchOptions) {
    this.#framer = framer;
    this.#options = options;
  }

  /** Looks at the framer after each read. */
  update(): void {
    const { clock, endQuietMs, quietOver } = this.#options;
    this.#stopQuiet?.();
    this.#stopQuiet = this.#framer.awaitsEnd ? clock.after(endQuietMs, quietOver) : undefined;
    if (this.#framer.isOpen && this.#framer.frameNumber === this.#frame) return;
    this.#stopIdle?.();
    this.#stopIdle = undefined;
    if (!this.#framer.isOpen) return;
    this.#frame = this.#framer.frameNumber;
    this.#bytes = 0;
    this.#wait();
  }

  /** We held the sender up: its time begins anew. */
  restart(): void {
    if (this.#stopIdle === undefined) return;
    this.#stopIdle();
    this.#bytes = this.#framer.openBytes;
    this.#wait();
  }

  stop(): void {
    this.#stopIdle?.();
    this.#stopQuiet?.();
  }

  #wait(): void {
    this.#stopIdle = this.#options.clock.after(this.#options.frameIdleMs, () => this.#look());
  }

  #look(): void {
    const bytes = this.#framer.openBytes;
    if (bytes - this.#bytes < progressBytesMin && !this.#options.isPaused()) {
      this.#options.idleOver();
      return;
    }
    this.#bytes = bytes;
    this.#wait();
  }
}
