import { limits } from '../../../../core/limits.ts';
import type { Database } from '../driver.ts';
import { DuplicateWindow } from '../terms/duplicate-window.ts';
import { fingerprint } from '../terms/fingerprint.ts';
import { doublesOf } from '../terms/postings.ts';
import { termsOf } from '../terms/search-terms.ts';
import { messagesPerFlush, SegmentWriter } from '../terms/segments.ts';
import { Tail } from '../terms/tail.ts';
import { Origins } from './origins.ts';

/** Each page holds a flush or more, so these hold the window. */
const windowPages = Math.ceil(limits.duplicateWindowMessages / messagesPerFlush);

/**
 * What the writer keeps in memory of the newest messages: the part of the search index that is not flushed yet, the
 * window of dedupe keys, and their origins. All can be rebuilt from the tables, which is what happens at start and after a rollback.
 */
export class RecentMessages {
  readonly seed: number;
  readonly duplicates: DuplicateWindow;
  readonly origins: Origins;
  readonly #segments: SegmentWriter;
  #tail: Tail;

  constructor(database: Database, seed: number) {
    this.seed = seed;
    this.#segments = new SegmentWriter(database);
    this.origins = new Origins(database);
    this.duplicates = new DuplicateWindow(limits.duplicateWindowMessages);
    const flushed = database.prepare('SELECT max(last) AS last FROM segments').get()?.last;
    this.#tail = new Tail(typeof flushed === 'number' ? flushed + 1 : 1);
    this.#loadDuplicates(database);
    this.#loadTail(database);
  }

  add(seq: number, terms: readonly number[], mark: number, receivedAtMs: number): void {
    this.#tail.add(seq, terms, mark, receivedAtMs);
    if (mark > 0) this.duplicates.add(mark, seq);
  }

  /** Writes the tail as a segment when it is long enough; inside the group's transaction. */
  flushIfLong(): void {
    if (this.#tail.messageCount < messagesPerFlush) return;
    this.#segments.flush(this.#tail);
    this.#segments.keepFingerprints(windowPages);
    this.#tail = new Tail(this.#tail.last + 1);
  }

  /** The messages before `seq` are gone. */
  dropBefore(seq: number): void {
    this.#segments.dropBefore(seq);
    this.origins.dropBefore(seq);
  }

  #loadDuplicates(database: Database): void {
    const rows = database
      .prepare('SELECT * FROM duplicate_pages ORDER BY base DESC LIMIT ?')
      .all(windowPages);
    for (const row of rows.reverse()) {
      const base = row.base as number;
      for (const [offset, mark] of doublesOf(row.fingerprints as Uint8Array).entries()) {
        if (mark > 0) this.duplicates.add(mark, base + offset);
      }
    }
  }

  #loadTail(database: Database): void {
    const sql =
      'SELECT seq, channel, search_keys, dedupe_key, replay_of, received_at FROM messages WHERE seq >= ? ORDER BY seq';
    for (const row of database.prepare(sql).all(this.#tail.base)) {
      const packed = row.search_keys;
      const key = row.dedupe_key;
      const terms = typeof packed === 'string' ? termsOf(packed, this.seed) : [];
      const isMarked = typeof key === 'string' && row.replay_of === null;
      const mark = isMarked ? markOf(row.channel as string, key, this.seed) : 0;
      this.add(row.seq as number, terms, mark, row.received_at as number);
    }
  }
}

/** Fingerprint of a dedupe key within its channel; never 0. */
export function markOf(channel: string, key: string, seed: number): number {
  return fingerprint(`${channel}\u001f${key}`, seed) + 1;
}
