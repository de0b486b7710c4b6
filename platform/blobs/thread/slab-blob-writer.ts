import { assert } from '../../../core/assert.ts';
import { BitHiveError } from '../../../core/errors.ts';
import type { BlobHash } from '../../../core/ids.ts';
import type { BlobWriter, StoredBlob } from '../../../core/ports/index.ts';
import { blobError } from '../blob-errors.ts';
import { type SharedSlab, slabBytes } from './body-memory.ts';
import type { BodyThread } from './body-thread-host.ts';

/** The thread is told of new bytes in steps of this size. */
const announceBytes = 128 * 1024;

export interface SlabBlobWriterParts {
  readonly thread: BodyThread;
  readonly slab: SharedSlab;
  readonly bytesMax: number;
  readonly takeSpace: (bytesCount: number) => void;
  /** Opens the file of a body that outgrows its slab. */
  readonly openFile: () => Promise<BlobWriter>;
}

/** Keeps a small body in memory until it is whole; then one other thread writes it. A body that grows moves to a file. */
export class SlabBlobWriter implements BlobWriter {
  readonly #parts: SlabBlobWriterParts;
  #slab: SharedSlab | null;
  #bytesCount = 0;
  #announcedBytes = 0;
  #tailFrom: number | null = null;
  #file: BlobWriter | null = null;

  constructor(parts: SlabBlobWriterParts) {
    this.#parts = parts;
    this.#slab = parts.slab;
  }

  hashTail(offset: number): void {
    assert(this.#file === null, 'what is hashed by itself is known before a body grows large');
    this.#tailFrom = offset;
    if (this.#slab !== null) this.#slab.tailFrom = offset;
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#file !== null) return this.#file.write(bytes);
    assert(this.#slab !== null, 'a blob writer takes bytes until it is committed or has failed');
    const count = this.#bytesCount + bytes.length;
    if (count > this.#parts.bytesMax) {
      this.#release();
      return Promise.reject(
        new BitHiveError('BH_HTTP_TOO_LARGE', `the body is over ${this.#parts.bytesMax} bytes`),
      );
    }
    if (count > slabBytes) return this.#moveToFile(bytes);
    this.#slab.put(bytes, this.#bytesCount);
    this.#bytesCount = count;
    this.#slab.bytesCount = count;
    if (count - this.#announcedBytes >= announceBytes) {
      this.#announcedBytes = count;
      this.#parts.thread.announce();
    }
    return undefined;
  }

  async commit(): Promise<StoredBlob> {
    if (this.#file !== null) return await this.#file.commit();
    const slab = this.#slab;
    assert(slab !== null, 'a blob is committed once');
    this.#slab = null;
    this.#parts.takeSpace(this.#bytesCount);
    try {
      const { hash, tailHash } = await this.#parts.thread.commit(slab);
      return {
        hash: hash as BlobHash,
        bytesCount: this.#bytesCount,
        ...(tailHash === null ? {} : { tailHash }),
      };
    } catch (cause) {
      throw blobError(cause);
    }
  }

  async abort(): Promise<void> {
    this.#release();
    await this.#file?.abort();
  }

  async #moveToFile(bytes: Uint8Array): Promise<void> {
    const slab = this.#slab;
    assert(slab !== null, 'a body moves once');
    try {
      const file = await this.#parts.openFile();
      if (this.#slab === null) {
        await file.abort();
        throw new BitHiveError('BH_STORE_IO', 'the body was given up');
      }
      this.#file = file;
      if (this.#tailFrom !== null) file.hashTail(this.#tailFrom);
      await file.write(Uint8Array.from(slab.bytes.subarray(0, this.#bytesCount)));
      await file.write(bytes);
    } finally {
      this.#release();
    }
  }

  #release(): void {
    if (this.#slab !== null) this.#parts.thread.release(this.#slab);
    this.#slab = null;
  }
}
