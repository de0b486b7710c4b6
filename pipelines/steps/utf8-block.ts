const blockBytes = 512 * 1024;
/** A UTF-16 code unit takes at most so many bytes of UTF-8. */
const bytesPerUnitMax = 3;

/**
 * Texts as UTF-8, one after another in a block of memory: a block for each text costs more than the encoding. A block lives as long as
 * any text in it, which in the engine is until its batch is committed.
 */
export class Utf8Block {
  #block = Buffer.alloc(0);
  #used = 0;

  encode(text: string): Uint8Array {
    const needed = text.length * bytesPerUnitMax;
    if (needed > blockBytes / 4) return Buffer.from(text, 'utf8');
    if (this.#block.length - this.#used < needed) {
      this.#block = Buffer.allocUnsafeSlow(blockBytes);
      this.#used = 0;
    }
    const start = this.#used;
    this.#used += this.#block.write(text, start, 'utf8');
    return this.#block.subarray(start, this.#used);
  }
}
