import { type FileHandle, open } from 'node:fs/promises';
import type { BlobHash } from '../../core/ids.ts';
import type { Blobs, StoredBlob } from '../../core/ports/index.ts';
import type { ByteSource } from '../../formats/dicom/index.ts';
import { fileSource } from './file-source.ts';

/** Bytes at the beginning of an object that stay in memory while it streams by: one window of the header reader, which most headers fit. */
export const headBytesMax = 80 * 1024;

/** Keeps the first bytes of a stream. They may be asked for after each piece, however small the pieces are. */
export class Head {
  #bytes: Buffer = Buffer.alloc(0);
  #length = 0;

  /** Takes a piece, whose memory must not be used again. */
  take(piece: Uint8Array): void {
    const wanted = Math.min(headBytesMax - this.#length, piece.length);
    if (wanted === 0) return;
    const length = this.#length + wanted;
    if (this.#length === 0) this.#bytes = Buffer.from(piece.buffer, piece.byteOffset, wanted);
    else {
      if (length > this.#bytes.length) this.#grow(length);
      this.#bytes.set(piece.subarray(0, wanted), this.#length);
    }
    this.#length = length;
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(length: number): void {
    const grown = Buffer.allocUnsafe(Math.min(headBytesMax, 2 * length));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/**
 * A stored object for the header reader: its head comes from memory, so that most headers are read while the body is still being
 * synced; what lies behind waits for the commit and comes from the blob.
 */
export class BlobSource implements ByteSource {
  readonly size: number;
  readonly #head: Buffer;
  readonly #stored: Promise<StoredBlob>;
  readonly #blobs: Pick<Blobs, 'pathOf' | 'stream'>;
  #file: FileHandle | null = null;

  constructor(
    size: number,
    head: Buffer,
    stored: Promise<StoredBlob>,
    blobs: Pick<Blobs, 'pathOf' | 'stream'>,
  ) {
    this.size = size;
    this.#head = head;
    this.#stored = stored;
    this.#blobs = blobs;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const end = Math.min(offset + length, this.size);
    if (end <= this.#head.length) return this.#head.subarray(offset, end);
    const { hash } = await this.#stored;
    const path = this.#blobs.pathOf(hash);
    if (path === null) return readRange(this.#blobs, hash, offset, end);
    this.#file ??= await open(path, 'r');
    return fileSource(this.#file, this.size).read(offset, length);
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = null;
  }
}

/** Where blobs are no files: streams up to the range. Slow for a range far behind, which headers seldom are. */
async function readRange(
  blobs: Pick<Blobs, 'stream'>,
  hash: BlobHash,
  offset: number,
  end: number,
): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let position = 0;
  for await (const piece of blobs.stream(hash)) {
    const from = Math.max(offset - position, 0);
    if (from < piece.length) pieces.push(piece.subarray(from, end - position));
    position += piece.length;
    if (position >= end) break;
  }
  return Buffer.concat(pieces);
}
