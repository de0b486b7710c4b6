import type { Clock } from '../core/ports/index.ts';

/** A clock that stands until it is moved. Both hands move together. */
export class ManualClock implements Clock {
  #nowMs: number;
  #alarms: { atMs: number; call: () => void }[] = [];

  constructor(nowMs = Date.UTC(2026, 10, 22, 8)) {
    this.#nowMs = nowMs;
  }

  /** Alarms that are set and have not rung. */
  get timersCount(): number {
    return this.#alarms.length;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, call: () => void): () => void {
    const alarm = { atMs: this.#nowMs + delayMs, call };
    this.#alarms.push(alarm);
    return () => {
      this.#alarms = this.#alarms.filter((other) => other !== alarm);
    };
  }

  /** Moves both hands and rings what is due, in order. */
  advance(ms: number): void {
    this.#nowMs += ms;
    const due = this.#alarms.filter((alarm) => alarm.atMs <= this.#nowMs).sort((a, b) => a.atMs - b.atMs);
    this.#alarms = this.#alarms.filter((alarm) => !due.includes(alarm));
    for (const alarm of due) alarm.call();
  }
}
