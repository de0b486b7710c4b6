import { pixelsError } from './pixels-error.ts';

/** For each 16 bits that may come next: length of the code in the high byte, its value in the low one; 0 is no code. */
export type HuffmanTable = Uint16Array;

/**
 * Builds the table from the counts of codes of 1 to 16 bits and their values (ITU-T T.81 C.2). A value of a DC table is a category, at most
 * 16; of an AC table a byte. Throws BH_DICOM_PIXELS.
 */
export function huffmanTable(counts: Uint8Array, values: Uint8Array, greatest: number): HuffmanTable {
  const table = new Uint16Array(65536);
  let next = 0;
  let at = 0;
  for (let length = 1; length <= 16; length += 1) {
    const span = 1 << (16 - length);
    for (let k = 0; k < counts[length - 1]!; k += 1) {
      const value = values[at]!;
      if (next + span > 65536 || value > greatest) throw pixelsError('the Huffman table is impossible');
      table.fill((length << 8) | value, next, next + span);
      next += span;
      at += 1;
    }
  }
  return table;
}

/** Entropy-coded bits with their stuffing removed (F.1.2.3). Past the end or a marker it gives zeros, and knows that it did. */
export class JpegBits {
  readonly #bytes: Uint8Array;
  #at: number;
  #bits = 0;
  #count = 0;
  #inventedCount = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** True when bits were used that the stream does not have. */
  get isExhausted(): boolean {
    return this.#count < this.#inventedCount;
  }

  /** The difference of one sample (H.1.2.2), or of one DC coefficient (F.2.2.1). */
  difference(table: HuffmanTable): number {
    const category = this.value(table);
    if (category === 0) return 0;
    return category === 16 ? 32768 : this.extended(category);
  }

  /** What the next code stands for. */
  value(table: HuffmanTable): number {
    if (this.#count < 16) this.#fill();
    const entry = table[(this.#bits >>> (this.#count - 16)) & 0xffff]!;
    if (entry === 0) throw pixelsError('no Huffman code');
    this.#count -= entry >> 8;
    return entry & 0xff;
  }

  /** The next `category` bits, 1 to 15, as a number with a sign (F.2.2.1). */
  extended(category: number): number {
    if (this.#count < category) this.#fill();
    this.#count -= category;
    const value = (this.#bits >>> this.#count) & ((1 << category) - 1);
    return value < 1 << (category - 1) ? value - (1 << category) + 1 : value;
  }

  /** Skips to behind the next restart marker (E.1.4). */
  restart(): void {
    this.#bits = 0;
    this.#count = 0;
    this.#inventedCount = 0;
    const bytes = this.#bytes;
    while (bytes[this.#at] === 0xff && bytes[this.#at + 1] === 0xff) this.#at += 1;
    const isRestart = bytes[this.#at] === 0xff && (bytes[this.#at + 1]! & 0xf8) === 0xd0;
    if (!isRestart) throw pixelsError('a restart marker is missing');
    this.#at += 2;
  }

  /** Where the next marker stands. */
  nextMarkerAt(): number {
    let at = this.#at;
    while (at + 1 < this.#bytes.length) {
      if (this.#bytes[at] === 0xff && this.#bytes[at + 1] !== 0 && this.#bytes[at + 1] !== 0xff) return at;
      at += 1;
    }
    return this.#bytes.length;
  }

  #fill(): void {
    while (this.#count <= 24) {
      let byte = this.#bytes[this.#at];
      if (byte === 0xff && this.#bytes[this.#at + 1] === 0) this.#at += 2;
      else if (byte === undefined || byte === 0xff) {
        byte = 0;
        this.#inventedCount += 8;
      } else this.#at += 1;
      this.#bits = (this.#bits << 8) | byte;
      this.#count += 8;
    }
  }
}
