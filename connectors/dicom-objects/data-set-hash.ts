import { createHash, type Hash } from 'node:crypto';
import { groupTwoEnd } from './file-meta.ts';

/** Preamble, prefix and (0002,0000) with its value (PS3.10 7.1). */
const prefixBytes = 144;
const waitingBytesMax = 1024 * 1024;
/** A group 0002 that claims more is taken for none. */
const metaBytesMax = 64 * 1024;

/**
 * SHA-256 of a data set as it streams by, without the file's head. The same object has other heads when it came over another association,
 * or by C-STORE once and by STOW-RS once: group 0002 names who wrote and sent the file. Where the head is not as it says, every byte
 * counts: two objects must never be taken for one because of a length that lies.
 */
export class DataSetHash {
  readonly #hash: Hash = createHash('sha256');
  /** What is not hashed yet. A small object waits as a whole: it is hashed while the disk syncs it, and not before its last byte is written. */
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  /** The file's head as far as it came; null once the data set has begun. */
  #head: Buffer | null = Buffer.alloc(0);
  #headBytes = prefixBytes;

  /** Takes a piece, whose memory must not be used again. */
  update(piece: Uint8Array): void {
    this.#waiting.push(piece);
    this.#waitingBytes += piece.length;
    if (this.#waitingBytes > waitingBytesMax) this.#catchUp();
  }

  #catchUp(): void {
    for (const piece of this.#waiting) this.#take(piece);
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  #take(piece: Uint8Array): void {
    let rest = piece;
    while (this.#head !== null && rest.length > 0) {
      const missing = this.#headBytes - this.#head.length;
      this.#head = Buffer.concat([this.#head, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      if (this.#head.length === this.#headBytes) this.#look(this.#head);
    }
    if (rest.length > 0) this.#hash.update(rest);
  }

  /** 64 lower-case hexadecimal digits; called once, at the end. */
  digest(): string {
    this.#catchUp();
    if (this.#head !== null) this.#hash.update(this.#head);
    return this.#hash.digest('hex');
  }

  #look(head: Buffer): void {
    const claimed = claimedBytes(head);
    if (claimed > head.length) {
      this.#headBytes = claimed;
      return;
    }
    this.#head = null;
    if (claimed === 0 || groupTwoEnd(head) !== claimed) this.#hash.update(head);
  }
}

/** Bytes up to the data set as (0002,0000) has it; 0 where it says nothing that can be. */
function claimedBytes(head: Buffer): number {
  const isGroupLength = head.readUInt32LE(132) === 2 && head.toString('latin1', 136, 138) === 'UL';
  const metaBytes = isGroupLength ? head.readUInt32LE(140) : 0;
  return metaBytes > metaBytesMax ? 0 : prefixBytes + metaBytes;
}
