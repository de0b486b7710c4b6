import type { Clock } from '../core/ports/index.ts';
import { systemClock } from '../platform/clock.ts';

interface Alarm {
  readonly atMs: number;
  readonly ring: () => void;
}

/** The machine's clock, which a test can put ahead: what an engine waits for comes when the test says so, however slow the machine is. */
export class LeapingClock implements Clock {
  #aheadMs = 0;
  readonly #alarms = new Set<Alarm>();

  nowMs(): number {
    return systemClock.nowMs() + this.#aheadMs;
  }

  monotonicMs(): number {
    return systemClock.monotonicMs() + this.#aheadMs;
  }

  after(delayMs: number, call: () => void): () => void {
    const ring = (): void => {
      cancel();
      call();
    };
    const alarm = { atMs: this.monotonicMs() + delayMs, ring };
    const stop = systemClock.after(delayMs, ring);
    const cancel = (): void => {
      stop();
      this.#alarms.delete(alarm);
    };
    this.#alarms.add(alarm);
    return cancel;
  }

  /** Puts the clock ahead and rings what is due by then, in order. */
  leap(ms: number): void {
    this.#aheadMs += ms;
    const nowMs = this.monotonicMs();
    const due = [...this.#alarms].filter(({ atMs }) => atMs <= nowMs).sort((a, b) => a.atMs - b.atMs);
    for (const { ring } of due) ring();
  }
}
