import { type BitHiveError, toBitHiveError } from '../../core/errors.ts';
import type { Blobs, BlobWriter } from '../../core/ports/index.ts';

/** The blob that one part streams into. A failure is remembered, and what follows is dropped. */
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

  /** null until it is open, and when it could not be opened. */
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

  /** Never rejects. */
  async open(): Promise<void> {
    try {
      this.#writer = await this.#blobs.begin(this.#bytesMax);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** As `BlobWriter.write`, but never rejects. */
  write(piece: Uint8Array): Promise<void> | undefined {
    this.#bytesCount += piece.length;
    if (this.#failure !== null) return undefined;
    return this.#writer?.write(piece)?.catch((error: unknown) => this.#fail(error));
  }

  async abort(): Promise<void> {
    await this.#writer?.abort();
  }

  #fail(error: unknown): void {
    this.#failure ??= toBitHiveError(error);
  }
}
