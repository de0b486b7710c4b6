import type { GroupResult, Operation } from './operations.ts';

/** Where groups are applied: in this thread, or in a worker. */
export interface GroupRunner {
  /** Resolves when the group is durable or refused; never rejects for what a disk does. */
  run(operations: readonly Operation[]): Promise<GroupResult>;
  /** Rejects while the disk still fails. */
  recover(): Promise<void>;
  close(): Promise<void>;
}
