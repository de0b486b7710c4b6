import { type BitHiveError, toBitHiveError } from '../../core/errors.ts';
import type { Blobs, BlobWriter } from '../../core/ports/index.ts';

/** The blob that one part streams into. A write that fails is remembered, and what follows is dropped. */
export class PartFile {
  readonly #blobs: Blobs;
  readonly #bytesMax: number;
  #writer: BlobWriter | null = null;
  #failure: BitHiveError | null = null;
  #bytesCount = 0;

  constructor(blobs: Blobs, bytesMax: number) {
    this.#blobs = blobs;
    this.#bytesMax = bytesMax;
  }

  get writer(): BlobWriter | null {
    return this.#writer;
  }

  /** Why the blob store could not take it; null when it did. */
  get failure(): BitHiveError | null {
    return this.#failure;
  }

  get bytesCount(): number {
    return this.#bytesCount;
  }

  async open(): Promise<void> {
    await this.#trying(async () => {
      this.#writer = await this.#blobs.begin(this.#bytesMax);
    });
  }

  async write(piece: Uint8Array): Promise<void> {
    this.#bytesCount += piece.length;
    if (this.#failure === null) await this.#trying(() => this.#writer?.write(piece));
  }

  async abort(): Promise<void> {
    await this.#writer?.abort();
  }

  async #trying(step: () => Promise<void> | undefined): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.#failure = toBitHiveError(error);
    }
  }
}
