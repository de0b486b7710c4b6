import { posting } from './postings.ts';

/** What the newest messages add to the next segment: kept while they are accepted, so that the flush reads no rows. */
export class Tail {
  readonly base: number;
  #last: number;
  #postings: Float64Array = new Float64Array(8192);
  #postingCount = 0;
  #fingerprints: Float64Array = new Float64Array(2048);
  #receivedMin = Number.MAX_SAFE_INTEGER;
  #receivedMax = 0;

  constructor(base: number) {
    this.base = base;
    this.#last = base - 1;
  }

  get last(): number {
    return this.#last;
  }
  get messageCount(): number {
    return this.#last - this.base + 1;
  }
  get receivedMin(): number {
    return this.#receivedMin;
  }
  get receivedMax(): number {
    return this.#receivedMax;
  }

  /** `fingerprint` 0: the message has no dedupe key. */
  add(seq: number, terms: readonly number[], fingerprint: number, receivedAtMs: number): void {
    const offset = seq - this.base;
    if (this.#postingCount + terms.length > this.#postings.length) this.#postings = grown(this.#postings);
    for (const term of terms) this.#postings[this.#postingCount++] = posting(term, offset);
    while (offset >= this.#fingerprints.length) this.#fingerprints = grown(this.#fingerprints);
    this.#fingerprints[offset] = fingerprint;
    this.#last = seq;
    this.#receivedMin = Math.min(this.#receivedMin, receivedAtMs);
    this.#receivedMax = Math.max(this.#receivedMax, receivedAtMs);
  }

  sortedPostings(): Float64Array {
    return this.#postings.slice(0, this.#postingCount).sort();
  }
  fingerprints(): Float64Array {
    return this.#fingerprints.slice(0, this.messageCount);
  }
}

function grown(values: Float64Array): Float64Array {
  const larger = new Float64Array(values.length * 2);
  larger.set(values);
  return larger;
}
