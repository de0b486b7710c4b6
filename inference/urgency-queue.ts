import { type Urgency, urgencies } from '../core/order.ts';

/**
 * How much later a job of this urgency may arrive than a routine one and still go first. It is the ageing: a routine job that has waited
 * this long is not overtaken any more, so none starves.
 */
const headStartMs: Readonly<Record<Urgency, number>> = { stat: 600_000, urgent: 120_000, routine: 0 };

interface Waiting<T> {
  readonly item: T;
  readonly urgency: Urgency;
  readonly rankMs: number;
  readonly order: number;
}

/**
 * Order: time of arrival less the head start, then arrival. Within one urgency that is first come, first served, so only the three
 * heads are compared and nothing is sorted.
 */
export class UrgencyQueue<T> {
  readonly #lines: Readonly<Record<Urgency, Waiting<T>[]>> = { stat: [], urgent: [], routine: [] };
  #arrivals = 0;

  get size(): number {
    return urgencies.reduce((sum, urgency) => sum + this.#lines[urgency].length, 0);
  }

  /** `nowMs` must not go back from call to call. */
  push(item: T, urgency: Urgency, nowMs: number): void {
    this.#arrivals += 1;
    this.#lines[urgency].push({ item, urgency, rankMs: nowMs - headStartMs[urgency], order: this.#arrivals });
  }

  shift(): T | undefined {
    let next: Waiting<T> | undefined;
    for (const urgency of urgencies) {
      const head = this.#lines[urgency][0];
      if (head && (!next || isBefore(head, next))) next = head;
    }
    if (next) this.#lines[next.urgency].shift();
    return next?.item;
  }

  /** True when it was waiting. */
  remove(item: T): boolean {
    for (const urgency of urgencies) {
      const at = this.#lines[urgency].findIndex((waiting) => waiting.item === item);
      if (at < 0) continue;
      this.#lines[urgency].splice(at, 1);
      return true;
    }
    return false;
  }
}

function isBefore<T>(left: Waiting<T>, right: Waiting<T>): boolean {
  return left.rankMs === right.rankMs ? left.order < right.order : left.rankMs < right.rankMs;
}
