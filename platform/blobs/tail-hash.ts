import { createHash, type Hash } from 'node:crypto';
import { assert } from '../../core/assert.ts';

/** SHA-256 of what lies behind an offset of a body that streams by. */
export class TailHash {
  #hash: Hash | null = null;
  #passedBytes = 0;
  #skipBytes = 0;

  /** Called while nothing behind the offset has passed. */
  begin(offset: number): void {
    assert(offset >= this.#passedBytes, 'what has passed can not be hashed any more');
    this.#hash = createHash('sha256');
    this.#skipBytes = offset - this.#passedBytes;
  }

  update(bytes: Uint8Array): void {
    this.#passedBytes += bytes.length;
    const skipped = Math.min(this.#skipBytes, bytes.length);
    this.#skipBytes -= skipped;
    if (skipped < bytes.length) this.#hash?.update(skipped === 0 ? bytes : bytes.subarray(skipped));
  }

  /** Nothing where none was begun; called once, at the end. */
  digest(): { readonly tailHash?: string } {
    return this.#hash === null ? {} : { tailHash: this.#hash.digest('hex') };
  }
}
