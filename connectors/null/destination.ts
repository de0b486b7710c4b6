import type { Destination } from '../../core/ports/index.ts';

/**
 * A receiver that takes everything and keeps nothing: for a channel that is being tried out, and for measuring the engine without
 * a peer.
 */
export function createNullDestination(concurrency = 64): Destination {
  return {
    kind: 'null',
    target: 'null:',
    concurrency,
    send: async () => ({ kind: 'delivered' }),
    close: async () => {},
  };
}
