/** Bytes in pieces, put together once at the end: pixel data is copied a single time, however deep it lies. */
export class ByteChunks {
  readonly #chunks: Uint8Array[] = [];
  /** Bytes of all pieces. */
  length = 0;

  push(...chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) {
      this.#chunks.push(chunk);
      this.length += chunk.length;
    }
  }

  append(other: ByteChunks): void {
    for (const chunk of other.#chunks) this.#chunks.push(chunk);
    this.length += other.length;
  }

  bytes(): Uint8Array {
    const whole = new Uint8Array(this.length);
    let at = 0;
    for (const chunk of this.#chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  }
}
