import type { Clock } from '../../core/ports/index.ts';

/** Token buckets by caller. The table is bounded: past it the bucket that was used longest ago is forgotten. */
export interface RateLimit {
  /** Takes one; returns 0, or the milliseconds after which one will be there. */
  take(key: string): number;
  /** The same without taking. */
  waitMs(key: string): number;
}

export function createRateLimit(options: {
  readonly perSecond: number;
  readonly burst: number;
  readonly keysMax: number;
  readonly clock: Clock;
}): RateLimit {
  const { perSecond, burst, keysMax, clock } = options;
  const buckets = new Map<string, { level: number; atMs: number }>();

  function levelOf(key: string, nowMs: number): number {
    const bucket = buckets.get(key);
    if (!bucket) return burst;
    return Math.min(burst, bucket.level + ((nowMs - bucket.atMs) / 1000) * perSecond);
  }
  const wait = (level: number) => (level >= 1 ? 0 : Math.ceil(((1 - level) / perSecond) * 1000));

  return {
    waitMs: (key) => wait(levelOf(key, clock.monotonicMs())),
    take(key) {
      const atMs = clock.monotonicMs();
      const level = levelOf(key, atMs);
      const waitMs = wait(level);
      // Deleting first moves the key to the end: a Map keeps the order of insertion.
      buckets.delete(key);
      buckets.set(key, { level: waitMs === 0 ? level - 1 : level, atMs });
      if (buckets.size > keysMax) buckets.delete(buckets.keys().next().value as string);
      return waitMs;
    },
  };
}
