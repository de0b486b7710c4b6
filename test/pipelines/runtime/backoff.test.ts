import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { backoffMs } from '../../../pipelines/runtime/backoff.ts';
import { Breaker } from '../../../pipelines/runtime/breaker.ts';

const policy = { firstMs: 500, maxMs: 300_000, forHours: 72 };
const random = (fraction: number) => ({
  fraction: () => fraction,
  bytes: (count: number) => new Uint8Array(count),
});

test('the pause doubles, keeps half of it, and never passes the maximum', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2_000 }),
      fc.double({ min: 0, max: 0.999_999, noNaN: true }),
      (attempt, fraction) => {
        const ms = backoffMs(policy, attempt, random(fraction));
        const ceiling = Math.min(policy.maxMs, policy.firstMs * 2 ** Math.min(attempt - 1, 30));
        expect(ms).toBeGreaterThanOrEqual(ceiling / 2);
        expect(ms).toBeLessThanOrEqual(ceiling);
      },
    ),
  );
});

test('what the receiver asked for is never undercut', () => {
  expect(backoffMs(policy, 1, random(0), 90_000)).toBe(90_000);
  expect(backoffMs(policy, 1, random(0), 100)).toBe(250);
});

test('three failures open the breaker, one probe is let through, one success closes it', () => {
  const breaker = new Breaker(policy, random(0));
  breaker.note('retry', 0);
  breaker.note('unknown', 0);
  expect(breaker.allow(4, 0, 0)).toBe(4);
  expect(breaker.note('retry', 0)).toBe(true);
  expect(breaker.allow(4, 0, 0)).toBe(0);
  expect(breaker.waitMs(0)).toBe(250);
  expect(breaker.allow(4, 0, 250)).toBe(1);
  expect(breaker.allow(4, 1, 250)).toBe(0);
  expect(breaker.note('delivered', 251)).toBe(true);
  expect(breaker.allow(4, 1, 251)).toBe(4);
});

test('a receiver that refuses is reachable: dead deliveries do not open the breaker', () => {
  const breaker = new Breaker(policy, random(0));
  for (let count = 0; count < 10; count += 1) breaker.note('dead', 0);
  expect(breaker.isOpen).toBe(false);
});
