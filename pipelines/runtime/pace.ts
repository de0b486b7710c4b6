import type { AckMoment } from '../channel/definition.ts';

/** Milliseconds between the commit of a turn that had little to do and the next turn. */
export const paceMs = 16;
/** Messages from which on a commit is shared by enough: what comes next is processed at once. */
export const fewMessages = 32;

/**
 * How long a processor rests after a turn that left nothing waiting, in milliseconds. A message that comes after the rest is processed at
 * once; those that come within it share the next turn: its commit, the hand-over of their deliveries and the commit of what came of them.
 * Where the sender waits until its message is mapped or delivered, there is no rest: it would be one for each message.
 */
export function restMs(processedCount: number, { moment }: AckMoment): number {
  const isAwaited = moment !== 'stored' && moment !== 'none';
  return isAwaited || processedCount === 0 || processedCount >= fewMessages ? 0 : paceMs;
}
