/** Bits of a JPEG scan with their stuffing (ITU-T T.81 F.1.2.3). */
export class BitWriter {
  readonly #bytes: number[] = [];
  #pending = 0;
  #count = 0;

  write(value: number, count: number): void {
    for (let i = count - 1; i >= 0; i -= 1) {
      this.#pending = (this.#pending << 1) | ((value >> i) & 1);
      this.#count += 1;
      if (this.#count === 8) this.#flush();
    }
  }

  #flush(): void {
    this.#bytes.push(this.#pending);
    if (this.#pending === 0xff) this.#bytes.push(0);
    this.#pending = 0;
    this.#count = 0;
  }

  /** Fills the last byte with ones and puts a marker behind it. */
  marker(code: number): void {
    this.finish();
    this.#bytes.push(0xff, code);
  }

  finish(): readonly number[] {
    while (this.#count !== 0) this.write(1, 1);
    return this.#bytes;
  }
}
