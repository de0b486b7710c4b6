import type { Random } from '../../core/ports/index.ts';
import type { RetryPolicy } from '../channel/definition.ts';

/**
 * When to try again: exponential with full jitter in the upper half, so that a thousand deliveries that failed together do not
 * come back together, and none comes back at once.
 *
 * @param attempt 1 for the first attempt that failed
 * @param askedMs what the receiver asked for (Retry-After); never undercut
 */
export function backoffMs(policy: RetryPolicy, attempt: number, random: Random, askedMs = 0): number {
  const ceiling = Math.min(policy.maxMs, policy.firstMs * 2 ** Math.min(attempt - 1, 30));
  const jittered = ceiling / 2 + (ceiling / 2) * random.fraction();
  return Math.ceil(Math.max(jittered, Math.min(askedMs, 24 * 3_600_000)));
}
