import type { CallListener, TracedCall } from './trace-calls.ts';

/**
 * Judges what follows a sync of the log that failed: pages may be lost although the next sync of the same file succeeds, so no page
 * may be written to the log before it was opened anew.
 */
export class ReopenOrder implements CallListener {
  readonly violations: string[] = [];
  failedSyncs = 0;
  reopened = 0;
  readonly #log: string;
  #isSuspect = false;

  constructor(folder: string) {
    this.#log = `${folder}/bithive.db-wal`;
  }

  begin(call: TracedCall): void {
    if (!this.#isSuspect || call.file !== this.#log) return;
    if (call.name === 'pwrite64') this.violations.push('the log is written again before it was opened anew');
  }

  end(call: TracedCall, result: number): void {
    const isSync = call.name === 'fsync' || call.name === 'fdatasync';
    if (isSync && call.file === this.#log && result < 0) {
      this.failedSyncs += 1;
      this.#isSuspect = true;
    }
    if (call.name === 'openat' && result >= 0 && call.text.includes(`"${this.#log}"`)) {
      if (this.#isSuspect) this.reopened += 1;
      this.#isSuspect = false;
    }
  }
}
