import { createHash, type Hash } from 'node:crypto';
import { closeSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { assert } from '../../core/assert.ts';
import { BitHiveError } from '../../core/errors.ts';
import type { BlobHash } from '../../core/ids.ts';
import type { BlobWriter, StoredBlob } from '../../core/ports/index.ts';
import { blobError } from './blob-errors.ts';
import { moveIntoPlace } from './move-into-place.ts';
import { closeFile, type Descriptor, writeWhole } from './raw-file.ts';
import type { Removals } from './removals.ts';
import { TailHash } from './tail-hash.ts';

/** Bytes between two looks at the free space. */
const lookEveryBytes = 16 * 1024 * 1024;
/** Pieces are joined to writes of this size: a write costs a trip to another thread, whatever it carries. */
const writeBytes = 256 * 1024;
/** So many are joined at once: a sender of single bytes must not have each of them held as an object. */
const piecesMax = 1024;

export interface FileBlobWriterParts {
  readonly file: Descriptor;
  readonly temporaryPath: string;
  readonly bytesMax: number;
  readonly pathOf: (hash: BlobHash) => string;
  readonly removals: Removals;
  /** Throws BH_STORE_FULL below the watermark. */
  readonly requireSpace: () => Promise<void>;
  readonly takeSpace: (bytesCount: number) => void;
}

/**
 * Writes one body to a temporary file, hashing as it goes; the name is known only at the end. One write is under way while the next one fills,
 * so that the wire and the disk work at the same time and at most two of them are held.
 */
export class FileBlobWriter implements BlobWriter {
  readonly #parts: FileBlobWriterParts;
  readonly #hash: Hash = createHash('sha256');
  readonly #tail = new TailHash();
  #bytesCount = 0;
  #lookAtBytes = lookEveryBytes;
  #pieces: Uint8Array[] = [];
  #pieceBytes = 0;
  #underWay: Promise<void> = Promise.resolve();
  #failure: BitHiveError | null = null;
  #state: 'open' | 'committing' | 'ended' = 'open';
  #isClosed = false;

  constructor(parts: FileBlobWriterParts) {
    this.#parts = parts;
  }

  hashTail(offset: number): void {
    this.#tail.begin(offset);
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    assert(this.#state === 'open', 'a blob writer takes bytes until it is committed or given up');
    this.#bytesCount += bytes.length;
    if (this.#bytesCount > this.#parts.bytesMax) {
      this.#failure = new BitHiveError('BH_HTTP_TOO_LARGE', `the body is over ${this.#parts.bytesMax} bytes`);
      return Promise.reject(this.#failure);
    }
    this.#pieces.push(bytes);
    this.#pieceBytes += bytes.length;
    if (this.#pieceBytes >= writeBytes) return this.#writePieces();
    // Not written: what is hashed by itself may still begin within them (`hashTail`).
    if (this.#pieces.length >= piecesMax) this.#pieces = [Buffer.concat(this.#pieces, this.#pieceBytes)];
    return undefined;
  }

  async commit(): Promise<StoredBlob> {
    if (this.#pieceBytes > 0) await this.#writePieces();
    await this.#underWay;
    if (this.#failure !== null) throw this.#failure;
    assert(this.#state === 'open', 'a blob is committed once');
    this.#state = 'committing';
    try {
      const { file, temporaryPath } = this.#parts;
      const hash = this.#hash.digest('hex') as BlobHash;
      const path = this.#parts.pathOf(hash);
      await this.#parts.removals.keepDuring(hash, () => moveIntoPlace(file, temporaryPath, path));
      this.#state = 'ended';
      this.#isClosed = true;
      // Its bytes are synced: closing has nothing left to wait for.
      closeSync(file);
      return { hash, bytesCount: this.#bytesCount, ...this.#tail.digest() };
    } catch (cause) {
      throw blobError(cause);
    }
  }

  async abort(): Promise<void> {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    // A write that waits for the one under way must not begin: its descriptor is closed, and the number may be another body's by then.
    this.#failure ??= new BitHiveError('BH_STORE_IO', 'the body was given up');
    await this.#underWay;
    if (!this.#isClosed) {
      this.#isClosed = true;
      await closeFile(this.#parts.file).catch((cause: unknown) => Promise.reject(blobError(cause)));
    }
    await rm(this.#parts.temporaryPath, { force: true });
  }

  async #writePieces(): Promise<void> {
    const bytes =
      this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces, this.#pieceBytes);
    this.#pieces = [];
    this.#pieceBytes = 0;
    await this.#underWay;
    if (this.#failure !== null) throw this.#failure;
    this.#underWay = this.#hand(bytes);
  }

  /** Never rejects: what fails is told by the next call. */
  async #hand(bytes: Uint8Array): Promise<void> {
    try {
      this.#hash.update(bytes);
      this.#tail.update(bytes);
      this.#parts.takeSpace(bytes.length);
      await writeWhole(this.#parts.file, bytes);
      await this.#lookAtSpace();
    } catch (cause) {
      this.#failure ??= blobError(cause);
    }
  }

  async #lookAtSpace(): Promise<void> {
    if (this.#bytesCount < this.#lookAtBytes) return;
    this.#lookAtBytes = this.#bytesCount + lookEveryBytes;
    await this.#parts.requireSpace();
  }
}
