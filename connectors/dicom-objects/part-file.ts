import { type BitHiveError, toBitHiveError } from '../../core/errors.ts';
import type { Blobs, BlobWriter } from '../../core/ports/index.ts';

/** Pieces off the wire are joined to writes of this size: a write costs a trip to another thread, whatever it carries. */
const writeBytes = 256 * 1024;

/**
 * The blob that one part streams into. One write is under way while the next one fills, so that the wire and the disk work at the same
 * time and at most two of them are held. A write that fails is remembered, and what follows is dropped.
 */
export class PartFile {
  readonly #blobs: Blobs;
  readonly #bytesMax: number;
  #writer: BlobWriter | null = null;
  #failure: BitHiveError | null = null;
  #bytesCount = 0;
  #pieces: Uint8Array[] = [];
  #pieceBytes = 0;
  #underWay: Promise<void> = Promise.resolve();

  constructor(blobs: Blobs, bytesMax: number) {
    this.#blobs = blobs;
    this.#bytesMax = bytesMax;
  }

  /** null until the first write, and when it could not be opened. */
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

  /** The first bytes come off the wire meanwhile. */
  open(): void {
    this.#underWay = this.#begin();
  }

  /** Takes a piece, whose memory must not be used again. A promise resolves when there is room for the next one. */
  write(piece: Uint8Array): Promise<void> | undefined {
    this.#bytesCount += piece.length;
    if (this.#failure !== null) return undefined;
    this.#pieces.push(piece);
    this.#pieceBytes += piece.length;
    return this.#pieceBytes >= writeBytes ? this.#writePieces() : undefined;
  }

  /** Resolves when the last byte is handed over; look at `failure` then. */
  async end(): Promise<void> {
    if (this.#pieceBytes > 0) await this.#writePieces();
    await this.#underWay;
  }

  async abort(): Promise<void> {
    await this.#underWay;
    await this.#writer?.abort();
  }

  async #begin(): Promise<void> {
    try {
      this.#writer = await this.#blobs.begin(this.#bytesMax);
    } catch (error) {
      this.#failure = toBitHiveError(error);
    }
  }

  async #writePieces(): Promise<void> {
    const bytes =
      this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces, this.#pieceBytes);
    this.#pieces = [];
    this.#pieceBytes = 0;
    await this.#underWay;
    if (this.#failure === null) this.#underWay = this.#hand(bytes);
  }

  async #hand(bytes: Uint8Array): Promise<void> {
    try {
      await this.#writer?.write(bytes);
    } catch (error) {
      this.#failure = toBitHiveError(error);
    }
  }
}
