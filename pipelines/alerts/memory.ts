import type { Alert } from './evaluate.ts';

/** Where the raised alerts outlive the process, so that a restart neither raises one twice nor leaves one uncleared. */
export interface AlertMemory {
  /** Those that were raised and not cleared when the process ended; none on first start. */
  load(): Promise<readonly Alert[]>;
  /** Durable when it resolves. */
  save(raised: readonly Alert[]): Promise<void>;
}

/** For compositions whose alerts end with them. */
export const noAlertMemory: AlertMemory = { load: async () => [], save: async () => {} };
