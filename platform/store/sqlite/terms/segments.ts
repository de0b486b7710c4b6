import type { Database, Row, Statement } from '../driver.ts';
import { bytesOf, doublesOf, mergeSorted, postingsPerPage } from './postings.ts';
import type { Tail } from './tail.ts';

/**
 * Search keys as a log-structured index. A B-tree over random keys touches a page per key and message, and slows as it grows;
 * here the newest messages are found by a scan of their rows, every 2048 messages become a sorted segment written in one
 * piece, and 32 of those become one of 65,536. A search bisects each segment: about 100 pages with five million messages.
 */
export const messagesPerFlush = 2048;
const segmentsPerMerge = 32;

interface Segment {
  readonly base: number;
  readonly last: number;
  readonly firstPage: number;
  readonly pageCount: number;
  readonly receivedMin: number;
  readonly receivedMax: number;
}

export class SegmentWriter {
  readonly #insertSegment: Statement;
  readonly #deleteSegment: Statement;
  readonly #insertPage: Statement;
  readonly #deletePages: Statement;
  readonly #readPage: Statement;
  readonly #insertFingerprints: Statement;
  readonly #dropFingerprints: Statement;
  readonly #dropSegments: Statement;
  readonly #firstPage: Statement;
  #small: Segment[];
  #nextPage: number;

  constructor(database: Database) {
    this.#insertSegment = database.prepare('INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?)');
    this.#deleteSegment = database.prepare('DELETE FROM segments WHERE base = ?');
    this.#insertPage = database.prepare('INSERT INTO term_pages VALUES (?, ?)');
    this.#deletePages = database.prepare('DELETE FROM term_pages WHERE page >= ? AND page < ?');
    this.#readPage = database.prepare('SELECT postings FROM term_pages WHERE page = ?');
    this.#insertFingerprints = database.prepare('INSERT INTO duplicate_pages VALUES (?, ?)');
    this.#dropFingerprints = database.prepare(`DELETE FROM duplicate_pages WHERE base <
      (SELECT base FROM duplicate_pages ORDER BY base DESC LIMIT 1 OFFSET ?)`);
    this.#dropSegments = database.prepare('DELETE FROM segments WHERE level = 1 AND last < ?');
    this.#firstPage = database.prepare('SELECT first_page FROM segments ORDER BY base LIMIT 1');
    this.#small = database
      .prepare('SELECT * FROM segments WHERE level = 0 ORDER BY base')
      .all()
      .map(segmentOf);
    const top = database.prepare('SELECT max(page) AS page FROM term_pages').get()?.page;
    this.#nextPage = typeof top === 'number' ? top + 1 : 1;
  }

  /** Inside the caller's transaction. */
  flush(tail: Tail): void {
    this.#insertFingerprints.run(tail.base, bytesOf(tail.fingerprints()));
    const { base, last, receivedMin, receivedMax } = tail;
    this.#small.push(this.#write({ base, last, receivedMin, receivedMax }, 0, tail.sortedPostings()));
    if (this.#small.length >= segmentsPerMerge) this.#merge();
  }

  /** Removes what lists only messages before `seq`: pruned ones. Small segments stay until they are merged. */
  dropBefore(seq: number): void {
    if (this.#dropSegments.run(seq).changes === 0) return;
    // Pages are numbered as they are written, so those of an older segment are before those of a newer one.
    const kept = this.#firstPage.get()?.first_page;
    this.#deletePages.run(0, typeof kept === 'number' ? kept : this.#nextPage);
  }

  /** Removes pages of fingerprints but the newest `pages`. */
  keepFingerprints(pages: number): void {
    this.#dropFingerprints.run(pages - 1);
  }

  #write(span: Omit<Segment, 'firstPage' | 'pageCount'>, level: number, postings: Float64Array): Segment {
    const firstPage = this.#nextPage;
    const fences: number[] = [];
    for (let at = 0; at < postings.length; at += postingsPerPage) {
      this.#insertPage.run(this.#nextPage, bytesOf(postings.subarray(at, at + postingsPerPage)));
      this.#nextPage += 1;
      fences.push(postings[at]!);
    }
    const fenceBytes = bytesOf(new Float64Array(fences));
    this.#insertSegment.run(
      span.base,
      span.last,
      level,
      firstPage,
      fenceBytes,
      span.receivedMin,
      span.receivedMax,
    );
    return { ...span, firstPage, pageCount: fences.length };
  }

  #merge(): void {
    const segments = this.#small;
    this.#small = [];
    const span = {
      base: segments[0]!.base,
      last: segments.at(-1)!.last,
      receivedMin: Math.min(...segments.map((segment) => segment.receivedMin)),
      receivedMax: Math.max(...segments.map((segment) => segment.receivedMax)),
    };
    let runs = segments.map((segment) => ({ base: segment.base, postings: this.#read(segment) }));
    while (runs.length > 1) runs = mergePairs(runs);
    for (const segment of segments) {
      this.#deleteSegment.run(segment.base);
      this.#deletePages.run(segment.firstPage, segment.firstPage + segment.pageCount);
    }
    this.#write(span, 1, runs[0]!.postings);
  }

  #read(segment: Segment): Float64Array {
    const pages: Float64Array[] = [];
    for (let page = 0; page < segment.pageCount; page += 1) {
      pages.push(doublesOf(this.#readPage.get(segment.firstPage + page)?.postings as Uint8Array));
    }
    const postings = new Float64Array(pages.reduce((sum, page) => sum + page.length, 0));
    let at = 0;
    for (const page of pages) {
      postings.set(page, at);
      at += page.length;
    }
    return postings;
  }
}

interface Run {
  readonly base: number;
  readonly postings: Float64Array;
}

function mergePairs(runs: readonly Run[]): Run[] {
  const merged: Run[] = [];
  for (let at = 0; at < runs.length; at += 2) {
    const left = runs[at]!;
    const right = runs[at + 1];
    const postings = right
      ? mergeSorted(left.postings, right.postings, right.base - left.base)
      : left.postings;
    merged.push({ base: left.base, postings });
  }
  return merged;
}

function segmentOf(row: Row): Segment {
  return {
    base: row.base as number,
    last: row.last as number,
    firstPage: row.first_page as number,
    pageCount: (row.fences as Uint8Array).byteLength / 8,
    receivedMin: row.received_min as number,
    receivedMax: row.received_max as number,
  };
}
