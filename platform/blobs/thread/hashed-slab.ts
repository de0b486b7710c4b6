import { createHash, type Hash } from 'node:crypto';
import { noTail, type SharedSlab, slabStates } from './body-memory.ts';
import type { WholeBody } from './place-bodies.ts';

export interface HashedBody extends WholeBody {
  /** SHA-256 of the part that was asked for; null where none was. */
  readonly tailHash: string | null;
}

/** A slab as the thread of bodies sees it: hashed as far as it is filled. */
export class HashedSlab {
  readonly #slab: SharedSlab;
  #bodyNumber = -1;
  #hash: Hash = createHash('sha256');
  #hashedBytes = 0;
  #tail: Hash | null = null;
  #tailBytes = 0;

  constructor(slab: SharedSlab) {
    this.#slab = slab;
  }

  get index(): number {
    return this.#slab.index;
  }

  get isCommitted(): boolean {
    return this.#slab.state === slabStates.committed;
  }

  /** Hashes what has come since. A body that is given up meanwhile leaves a hash that nobody asks for. */
  hashOn(): void {
    if (this.#slab.state === slabStates.free) return;
    const { bodyNumber, bytesCount } = this.#slab;
    if (bodyNumber !== this.#bodyNumber) this.#begin(bodyNumber);
    if (bytesCount > this.#hashedBytes) {
      this.#hash.update(this.#slab.bytes.subarray(this.#hashedBytes, bytesCount));
      this.#hashedBytes = bytesCount;
    }
    this.#hashTail(bytesCount);
  }

  /** Of a committed slab, whose bytes stay as they are. */
  digest(): HashedBody {
    this.hashOn();
    const { bytes, bytesCount } = this.#slab;
    return {
      bytes,
      bytesCount,
      hash: this.#hash.digest('hex'),
      tailHash: this.#tail === null ? null : this.#tail.digest('hex'),
    };
  }

  /** From the reply on it is the main thread's again. */
  giveBack(): void {
    this.#slab.state = slabStates.free;
  }

  #begin(bodyNumber: number): void {
    this.#bodyNumber = bodyNumber;
    this.#hash = createHash('sha256');
    this.#hashedBytes = 0;
    this.#tail = null;
  }

  #hashTail(bytesCount: number): void {
    const { tailFrom } = this.#slab;
    if (tailFrom === noTail) return;
    if (this.#tail === null) {
      this.#tail = createHash('sha256');
      this.#tailBytes = tailFrom;
    }
    if (bytesCount <= this.#tailBytes) return;
    this.#tail.update(this.#slab.bytes.subarray(this.#tailBytes, bytesCount));
    this.#tailBytes = bytesCount;
  }
}
