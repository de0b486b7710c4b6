import type { Database, Statement } from '../driver.ts';
import { doublesOf, lowerBound, messagesPerSegmentMax, posting } from './postings.ts';

/** One segment as a search sees it. */
export interface SearchSegment {
  readonly base: number;
  readonly last: number;
  readonly firstPage: number;
  readonly fences: Float64Array;
  readonly receivedMin: number;
  readonly receivedMax: number;
}

/** Reads segments; inside a read transaction of the caller, because a merge removes pages. */
export class SegmentSearch {
  readonly #segment: Statement;
  readonly #page: Statement;

  constructor(database: Database) {
    this.#segment = database.prepare('SELECT * FROM segments WHERE base <= ? ORDER BY base DESC LIMIT 1');
    this.#page = database.prepare('SELECT postings FROM term_pages WHERE page = ?');
  }

  /** The newest segment that begins at or before the message; the message may lie behind its end. */
  at(seq: number): SearchSegment | null {
    const row = this.#segment.get(seq);
    if (!row) return null;
    return {
      base: row.base as number,
      last: row.last as number,
      firstPage: row.first_page as number,
      fences: doublesOf(row.fences as Uint8Array),
      receivedMin: row.received_min as number,
      receivedMax: row.received_max as number,
    };
  }

  /**
   * Messages of the segment that have all terms, newest first.
   *
   * @param upper the last message that is asked for: who pages through a study of 100,000 must not find all before each page
   */
  find(segment: SearchSegment, terms: readonly number[], upper = segment.last): number[] {
    let common: number[] | null = null;
    for (const term of terms) {
      const offsets = new Set(this.#offsets(segment, term, upper));
      const kept: number[] = common ?? [...offsets];
      common = kept.filter((offset) => offsets.has(offset));
      if (common.length === 0) return [];
    }
    return (common ?? []).sort((a, b) => b - a).map((offset) => segment.base + offset);
  }

  #offsets(segment: SearchSegment, term: number, upper: number): number[] {
    const from = posting(term, 0);
    const to = posting(term, Math.min(upper, segment.last) - segment.base + 1);
    const offsets: number[] = [];
    // The page before the first fence at or past the term may hold the term's first postings.
    for (
      let page = Math.max(0, lowerBound(segment.fences, from) - 1);
      page < segment.fences.length;
      page += 1
    ) {
      if (segment.fences[page]! >= to) break;
      const postings = doublesOf(this.#page.get(segment.firstPage + page)?.postings as Uint8Array);
      for (let at = lowerBound(postings, from); at < postings.length && postings[at]! < to; at += 1) {
        offsets.push(postings[at]! % messagesPerSegmentMax);
      }
    }
    return offsets;
  }
}
