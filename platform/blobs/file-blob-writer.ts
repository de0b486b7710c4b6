import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, rm } from 'node:fs/promises';
import { assert } from '../../core/assert.ts';
import { BitHiveError } from '../../core/errors.ts';
import type { BlobHash } from '../../core/ids.ts';
import type { BlobWriter, StoredBlob } from '../../core/ports/index.ts';
import { blobError } from './blob-errors.ts';
import { moveIntoPlace } from './move-into-place.ts';
import type { Removals } from './removals.ts';

/** Bytes between two looks at the free space. */
const lookEveryBytes = 16 * 1024 * 1024;

export interface FileBlobWriterParts {
  readonly file: FileHandle;
  readonly temporaryPath: string;
  readonly bytesMax: number;
  readonly pathOf: (hash: BlobHash) => string;
  readonly removals: Removals;
  /** Throws BH_STORE_FULL below the watermark. */
  readonly requireSpace: () => Promise<void>;
}

/** Writes one body to a temporary file, hashing as it goes; the name is known only at the end. */
export class FileBlobWriter implements BlobWriter {
  readonly #parts: FileBlobWriterParts;
  readonly #hash: Hash = createHash('sha256');
  #bytesCount = 0;
  #lookAtBytes = lookEveryBytes;
  #state: 'open' | 'failed' | 'ended' = 'open';

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
      await this.#writeAll(bytes);
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
      await file.close();
      this.#state = 'ended';
      return { hash, bytesCount: this.#bytesCount };
    } catch (cause) {
      throw blobError(cause);
    }
  }

  async abort(): Promise<void> {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    await this.#parts.file.close().catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EBADF') throw blobError(error); // Closed by a commit that failed later.
    });
    await rm(this.#parts.temporaryPath, { force: true });
  }

  /** One write may take a part only, for example on a disk that becomes full. */
  async #writeAll(bytes: Uint8Array): Promise<void> {
    let at = 0;
    while (at < bytes.length) {
      const { bytesWritten } = await this.#parts.file.write(bytes, at, bytes.length - at);
      at += bytesWritten;
    }
  }

  async #lookAtSpace(): Promise<void> {
    if (this.#bytesCount < this.#lookAtBytes) return;
    this.#lookAtBytes = this.#bytesCount + lookEveryBytes;
    await this.#parts.requireSpace();
  }
}
