import type { DeliveryOutcome } from '../../core/delivery.ts';
import type { Random } from '../../core/ports/index.ts';
import type { RetryPolicy } from '../channel/definition.ts';
import { backoffMs } from './backoff.ts';

const failuresToOpen = 3;

/**
 * Keeps a receiver that does not answer from being hit by every lane in turn, and keeps each lane from ending in `unknown` one after
 * the other. Closed: full concurrency. Open: nothing until the pause is over. Half open: one delivery as a probe.
 */
export class Breaker {
  readonly #policy: RetryPolicy;
  readonly #random: Random;
  #failures = 0;
  #openUntilMs = 0;

  constructor(policy: RetryPolicy, random: Random) {
    this.#policy = policy;
    this.#random = random;
  }

  get isOpen(): boolean {
    return this.#failures >= failuresToOpen;
  }

  /** Deliveries that may start now (`nowMs` monotonic), of the free slots. */
  allow(free: number, inFlight: number, nowMs: number): number {
    if (!this.isOpen) return free;
    if (nowMs < this.#openUntilMs) return 0;
    return inFlight === 0 ? Math.min(1, free) : 0;
  }

  /** Milliseconds until a probe is allowed; 0 when one is. */
  waitMs(nowMs: number): number {
    return this.isOpen ? Math.max(0, this.#openUntilMs - nowMs) : 0;
  }

  /** Takes an outcome; true when the state changed from closed to open or back. */
  note(outcome: DeliveryOutcome['kind'], nowMs: number): boolean {
    const was = this.isOpen;
    if (outcome === 'retry' || outcome === 'unknown') {
      this.#failures += 1;
      const beyond = Math.max(1, this.#failures - failuresToOpen + 1);
      if (this.isOpen) this.#openUntilMs = nowMs + backoffMs(this.#policy, beyond, this.#random);
    } else {
      this.#failures = 0;
    }
    return was !== this.isOpen;
  }
}
