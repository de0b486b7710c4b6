import type { Clock } from '../../core/ports/index.ts';

/**
 * A sleeping loop that can be woken. A wake that comes while the loop is busy is remembered, so none is lost.
 */
export class Wake {
  readonly #clock: Clock;
  #rung = false;
  #stopped = false;
  #sleeper: (() => void) | undefined;
  #endRest: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  ring(): void {
    this.#rung = true;
    this.#sleeper?.();
  }

  stop(): void {
    this.#stopped = true;
    this.#endRest?.();
    this.ring();
  }

  /** Rests for `ms`, whatever rings: that is remembered, so that the next sleep ends at once. Only a stop ends a rest early. */
  async rest(ms: number): Promise<void> {
    if (ms <= 0 || this.#stopped) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(ms, resolve);
      this.#endRest = () => {
        cancel();
        resolve();
      };
    });
    this.#endRest = undefined;
  }

  /** Sleeps until rung or until `maxMs` is over; true when rung. */
  async sleep(maxMs: number): Promise<boolean> {
    if (!this.#rung && !this.#stopped) {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.after(maxMs, resolve);
        this.#sleeper = () => {
          cancel();
          resolve();
        };
      });
      this.#sleeper = undefined;
    }
    const rung = this.#rung;
    this.#rung = false;
    return rung;
  }
}
