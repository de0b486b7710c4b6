import type { GroupApplier } from './group-applier.ts';
import type { GroupRunner } from './runner.ts';

/** Applies groups in this thread: least work per message, and the event loop waits for the disk. */
export function inlineRunner(applier: GroupApplier): GroupRunner {
  return {
    run: async (operations) => applier.apply(operations),
    recover: async () => applier.recover(),
    close: async () => applier.close(),
  };
}
