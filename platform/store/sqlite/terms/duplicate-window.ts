import { FingerprintTable } from './fingerprint-table.ts';

/**
 * Which message last had a dedupe key, for at least the newest `window` messages. Two generations instead of removing one by
 * one: when the young one is full it becomes the old one, and the old one is dropped whole.
 */
export class DuplicateWindow {
  readonly #window: number;
  #young = new FingerprintTable();
  #old = new FingerprintTable();

  constructor(window: number) {
    this.#window = window;
  }

  add(fingerprint: number, seq: number): void {
    if (this.#young.count >= this.#window) {
      this.#old = this.#young;
      this.#young = new FingerprintTable();
    }
    this.#young.set(fingerprint, seq);
  }

  /** A message that may have the key; the caller compares the key itself. */
  find(fingerprint: number): number | undefined {
    return this.#young.get(fingerprint) ?? this.#old.get(fingerprint);
  }
}
