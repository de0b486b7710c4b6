import { lengthAndOffset, quotedBytes } from './quoted.ts';
import type { TracedCall } from './trace-calls.ts';

const frameHeaderBytes = 24;
const logHeaderBytes = 32;

/** What a transaction on the log holds, and how far it has come. */
interface Transaction {
  readonly marks: Set<string>;
  /** The frame header of the last page says that the transaction ends with it. */
  isLastFrame: boolean;
}

/**
 * Follows SQLite's write-ahead log (sqlite.org/fileformat2.html, section 4): frames of a header and a page, the last header of a
 * transaction with the database size in its second word. A mark (a control id, a body's hash) is durable when a sync that began after
 * the last frame of its transaction was written has returned.
 */
export class LogOrder {
  readonly #marksOf: (text: string) => readonly string[];
  readonly #onWritten: (mark: string) => void;
  readonly #seen = new Set<string>();
  readonly #durable = new Set<string>();
  #open: Transaction = { marks: new Set(), isLastFrame: false };
  #committed = new Set<string>();
  readonly #syncing = new Map<TracedCall, Set<string>>();
  transactions = 0;
  syncs = 0;
  failedSyncs = 0;
  restarts = 0;

  /** `onWritten`: the first time that a page with the mark goes to the log. */
  constructor(marksOf: (text: string) => readonly string[], onWritten: (mark: string) => void) {
    this.#marksOf = marksOf;
    this.#onWritten = onWritten;
  }

  isDurable(mark: string): boolean {
    return this.#durable.has(mark);
  }

  beginWrite(call: TracedCall): void {
    const { length, offset } = lengthAndOffset(call.text);
    if (length === logHeaderBytes && offset === 0) {
      this.restarts += 1;
      this.#open = { marks: new Set(), isLastFrame: false };
      return;
    }
    if (length === frameHeaderBytes) {
      this.#open.isLastFrame = quotedBytes(call.text, 8)
        .slice(4)
        .some((byte) => byte !== 0);
      return;
    }
    for (const mark of this.#marksOf(call.text)) {
      if (!this.#seen.has(mark)) this.#onWritten(mark);
      this.#seen.add(mark);
      this.#open.marks.add(mark);
    }
  }

  endWrite(call: TracedCall, result: number): void {
    const { length } = lengthAndOffset(call.text);
    if (result !== length || length === frameHeaderBytes || length === logHeaderBytes) return;
    if (!this.#open.isLastFrame) return;
    for (const mark of this.#open.marks) if (!this.#durable.has(mark)) this.#committed.add(mark);
    this.#open = { marks: new Set(), isLastFrame: false };
    this.transactions += 1;
  }

  beginSync(call: TracedCall): void {
    this.#syncing.set(call, this.#committed);
    this.#committed = new Set();
  }

  /** A sync that failed proves nothing, and neither does a later one of the same pages: they must be written again. */
  endSync(call: TracedCall, result: number): void {
    const marks = this.#syncing.get(call) ?? [];
    this.#syncing.delete(call);
    if (result === 0) this.syncs += 1;
    else this.failedSyncs += 1;
    if (result === 0) for (const mark of marks) this.#durable.add(mark);
  }
}
