import { statfs } from 'node:fs/promises';

/** A reading is good for so long, and for so many bytes: the watermark is far above both. */
const goodForMs = 250;
const goodForBytes = 64 * 1024 * 1024;

/** Free bytes of the disk that a folder lies on, not asked anew for each of many bodies. */
export class FreeSpace {
  readonly #folder: string;
  #freeBytes = 0;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #takenBytes = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Tells that so many bytes are being written. */
  take(bytesCount: number): void {
    this.#takenBytes += bytesCount;
  }

  async bytes(): Promise<number> {
    const isGood = performance.now() - this.#readAtMs < goodForMs && this.#takenBytes < goodForBytes;
    if (!isGood) {
      const { bavail, bsize } = await statfs(this.#folder);
      this.#freeBytes = bavail * bsize;
      this.#readAtMs = performance.now();
      this.#takenBytes = 0;
    }
    return this.#freeBytes - this.#takenBytes;
  }
}
