import type { BlobHash } from '../ids.ts';

export interface StoredBlob {
  readonly hash: BlobHash;
  readonly bytesCount: number;
  /** SHA-256 of what `hashTail` asked for, 64 hexadecimal digits. */
  readonly tailHash?: string;
}

/**
 * Large bodies, addressed by their SHA-256. A blob is durable (file and folder synced) when `put` or `commit` resolves; a row that names
 * it is written after.
 */
export interface Blobs {
  /** Streams a body in. Throws BH_STORE_FULL at the watermark or when the disk is full, BH_HTTP_TOO_LARGE past `bytesMax`. */
  put(source: AsyncIterable<Uint8Array>, bytesMax: number): Promise<StoredBlob>;
  /** Opens a body for piecewise writing, for callers that split one stream into several bodies. */
  begin(bytesMax: number): Promise<BlobWriter>;
  /** Whole body in memory, which is the caller's from then on; throws BH_STORE_NOT_FOUND, BH_BLOB_CORRUPT when the content does not match. */
  read(hash: BlobHash): Promise<Uint8Array>;
  stream(hash: BlobHash): AsyncIterable<Uint8Array>;
  /** Path of the file, for workers that map or read it themselves; null where the store is not a folder. */
  pathOf(hash: BlobHash): string | null;
  has(hash: BlobHash): Promise<boolean>;
  remove(hash: BlobHash): Promise<void>;
  /** All bodies, in ascending order of their hashes; one that comes or goes meanwhile may be in it or not. */
  list(): AsyncIterable<BlobHash>;
  /**
   * Removes a body unless somebody stored it (again) at `sinceMs` or later; false when it stays. Safe beside a writer of the same body: either
   * it finds the body gone and puts its own in place, or the body stays.
   */
  removeUnlessStoredSince(hash: BlobHash, sinceMs: number): Promise<boolean>;
  /** Free bytes where the bodies live. */
  freeBytes(): Promise<number>;
}

export interface BlobWriter {
  /**
   * Takes a piece, whose memory must not be used again. A promise resolves when there is room for the next one: await it before the next call
   * (back-pressure). A write that failed is told by this call or by a later one.
   */
  write(bytes: Uint8Array): Promise<void> | undefined;
  /** Asks for the SHA-256 of all bytes from this offset on, too. Called before the first 128 KiB are written. */
  hashTail(offset: number): void;
  /** Syncs, moves into place, syncs the folder. The bytes are durable when it resolves. */
  commit(): Promise<StoredBlob>;
  /** Removes what was written. Safe after a failed write or commit. */
  abort(): Promise<void>;
}
