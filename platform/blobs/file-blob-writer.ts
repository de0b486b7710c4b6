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

/** Bytes between two looks at the free space. */
const lookEveryBytes = 16 * 1024 * 1024;

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

/** Writes one body to a temporary file, hashing as it goes; the name is known only at the end. */
export class FileBlobWriter implements BlobWriter {
  readonly #parts: FileBlobWriterParts;
  readonly #hash: Hash = createHash('sha256');
  #bytesCount = 0;
  #lookAtBytes = lookEveryBytes;
  #state: 'open' | 'failed' | 'ended' = 'open';
  #isClosed = false;

  constructor(parts: FileBlobWriterParts) {
    this.#parts = parts;
  }

  async write(bytes: Uint8Array): Promise<void> {
    assert(this.#state === 'open', 'a blob writer takes bytes until it is committed or has failed');
    try {
      if (this.#bytesCount + bytes.length > this.#parts.bytesMax) {
        throw new BitHiveError('BH_HTTP_TOO_LARGE', `the body is over ${this.#parts.bytesMax} bytes`);
      }
      this.#bytesCount += bytes.length;
      this.#hash.update(bytes);
      this.#parts.takeSpace(bytes.length);
      await writeWhole(this.#parts.file, bytes);
      await this.#lookAtSpace();
    } catch (cause) {
      this.#state = 'failed';
      throw blobError(cause);
    }
  }

  async commit(): Promise<StoredBlob> {
    assert(this.#state === 'open', 'a blob is committed once');
    this.#state = 'failed';
    try {
      const { file, temporaryPath } = this.#parts;
      const hash = this.#hash.digest('hex') as BlobHash;
      const path = this.#parts.pathOf(hash);
      await this.#parts.removals.keepDuring(hash, () => moveIntoPlace(file, temporaryPath, path));
      this.#state = 'ended';
      this.#isClosed = true;
      // Its bytes are synced: closing has nothing left to wait for.
      closeSync(file);
      return { hash, bytesCount: this.#bytesCount };
    } catch (cause) {
      throw blobError(cause);
    }
  }

  async abort(): Promise<void> {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    if (!this.#isClosed) {
      this.#isClosed = true;
      await closeFile(this.#parts.file).catch((cause: unknown) => Promise.reject(blobError(cause)));
    }
    await rm(this.#parts.temporaryPath, { force: true });
  }

  async #lookAtSpace(): Promise<void> {
    if (this.#bytesCount < this.#lookAtBytes) return;
    this.#lookAtBytes = this.#bytesCount + lookEveryBytes;
    await this.#parts.requireSpace();
  }
}
