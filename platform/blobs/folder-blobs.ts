import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { assert } from '../../core/assert.ts';
import { BitHiveError } from '../../core/errors.ts';
import { type BlobHash, parseBlobHash } from '../../core/ids.ts';
import { limits } from '../../core/limits.ts';
import type { Blobs, BlobWriter, Logger, StoredBlob } from '../../core/ports/index.ts';
import { blobError } from './blob-errors.ts';
import { FileBlobWriter } from './file-blob-writer.ts';
import { FreeSpace } from './free-space.ts';
import { openFile } from './raw-file.ts';
import { Removals } from './removals.ts';
import { syncFolder } from './sync-folder.ts';
import { BodyThreads } from './thread/body-threads.ts';
import { SlabBlobWriter } from './thread/slab-blob-writer.ts';

export interface FolderBlobsOptions {
  /** Made when it is missing. Bodies lie in `ab/<hash>`, unfinished ones in `tmp/`, on one filesystem. */
  readonly folder: string;
  readonly diskFreeBytesMin?: number;
  /** Engines on other machines write into the folder, too: what is unfinished may be theirs. */
  readonly isShared?: boolean;
  /** Small bodies are written by threads of their own, for an engine that takes many. */
  readonly hasThreads?: boolean;
  /** Told when one of them stops: the engine goes on, slower. */
  readonly logger?: Logger;
}

/** A body that nobody wrote to for so long is nobody's. */
const unfinishedMsMax = 86_400_000;

/**
 * Opens the blob folder and removes what a killed process left unfinished. One process owns the folder (the store's lock), or several that
 * share it.
 */
export async function openFolderBlobs(options: FolderBlobsOptions): Promise<Blobs> {
  const root = resolve(options.folder);
  const temporary = join(root, 'tmp');
  await mkdir(temporary, { recursive: true, mode: 0o700 });
  await makeFolders(root);
  await syncFolder(root);
  await syncFolder(dirname(root));
  await removeUnfinished(temporary, options.isShared === true ? Date.now() - unfinishedMsMax : Infinity);
  const run = randomBytes(8).toString('hex');
  const failed = (failure: BitHiveError): void =>
    options.logger?.error('blobs.thread.failed', { code: failure.code }, failure);
  const threads =
    options.hasThreads === true ? await BodyThreads.start({ root, temporary, run, failed }) : null;
  const freeBytesMin = options.diskFreeBytesMin ?? limits.diskFreeBytesMin;
  return new FolderBlobs({ root, temporary, run, freeBytesMin, threads });
}

async function removeUnfinished(folder: string, beforeMs: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    // Another node may finish or remove it meanwhile.
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw blobError(error);
    });
    if (found !== null && found.mtimeMs < beforeMs) await rm(path, { force: true });
  }
}

/** All 256 at once: a store of a body then never waits for a folder to become durable. */
async function makeFolders(root: string): Promise<void> {
  const present = new Set(await readdir(root));
  for (let first = 0; first < 256; first += 1) {
    const name = first.toString(16).padStart(2, '0');
    if (!present.has(name)) await mkdir(join(root, name), { mode: 0o700 });
  }
}

interface FolderBlobsParts {
  readonly root: string;
  readonly temporary: string;
  /** Begins the names of unfinished bodies. */
  readonly run: string;
  readonly freeBytesMin: number;
  readonly threads: BodyThreads | null;
}

class FolderBlobs implements Blobs {
  readonly #root: string;
  readonly #temporary: string;
  readonly #run: string;
  readonly #freeBytesMin: number;
  readonly #threads: BodyThreads | null;
  readonly #removals: Removals;
  readonly #space: FreeSpace;
  #begunCount = 0;

  constructor({ root, temporary, run, freeBytesMin, threads }: FolderBlobsParts) {
    this.#root = root;
    this.#temporary = temporary;
    this.#run = run;
    this.#freeBytesMin = freeBytesMin;
    this.#threads = threads;
    this.#removals =
      threads === null ? new Removals() : new Removals((...body) => threads.removeOlder(...body));
    this.#space = new FreeSpace(root);
  }

  async put(source: AsyncIterable<Uint8Array>, bytesMax: number): Promise<StoredBlob> {
    const writer = await this.begin(bytesMax);
    try {
      for await (const bytes of source) await writer.write(bytes);
      return await writer.commit();
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }

  async begin(bytesMax: number): Promise<BlobWriter> {
    await this.#requireSpace();
    const taken = this.#threads?.take() ?? null;
    if (taken === null) return this.#openFile(bytesMax);
    return new SlabBlobWriter({
      ...taken,
      bytesMax,
      takeSpace: (bytesCount) => this.#space.take(bytesCount),
      openFile: () => this.#openFile(bytesMax),
    });
  }

  async #openFile(bytesMax: number): Promise<BlobWriter> {
    const temporaryPath = join(this.#temporary, this.#temporaryName());
    try {
      const file = await openFile(temporaryPath, 'wx', 0o600);
      return new FileBlobWriter({
        file,
        temporaryPath,
        bytesMax,
        pathOf: (hash) => this.pathOf(hash),
        removals: this.#removals,
        requireSpace: () => this.#requireSpace(),
        takeSpace: (bytesCount) => this.#space.take(bytesCount),
      });
    } catch (cause) {
      throw blobError(cause);
    }
  }

  async read(hash: BlobHash): Promise<Uint8Array> {
    const bytes = await readFile(this.pathOf(hash)).catch((cause: unknown) =>
      Promise.reject(blobError(cause)),
    );
    requireHash(hash, createHash('sha256').update(bytes).digest('hex'));
    return bytes;
  }

  /** The hash is known at the end only: a consumer that acts earlier must be able to take it back. */
  async *stream(hash: BlobHash): AsyncIterable<Uint8Array> {
    const digest = createHash('sha256');
    try {
      for await (const chunk of createReadStream(this.pathOf(hash))) {
        digest.update(chunk as Buffer);
        yield chunk as Buffer;
      }
    } catch (cause) {
      throw blobError(cause);
    }
    requireHash(hash, digest.digest('hex'));
  }

  /** The grammar of a hash leaves no way out of the folder; a hash that was not parsed is a bug. */
  pathOf(hash: BlobHash): string {
    assert(parseBlobHash(hash) !== null, 'a blob hash has 64 hexadecimal digits');
    return join(this.#root, hash.slice(0, 2), hash);
  }

  async has(hash: BlobHash): Promise<boolean> {
    return access(this.pathOf(hash)).then(
      () => true,
      (cause: NodeJS.ErrnoException) => {
        if (cause.code === 'ENOENT') return false;
        throw blobError(cause);
      },
    );
  }

  async remove(hash: BlobHash): Promise<void> {
    await rm(this.pathOf(hash), { force: true }).catch((cause: unknown) => Promise.reject(blobError(cause)));
  }

  async *list(): AsyncIterable<BlobHash> {
    for (const folder of await namesIn(this.#root, 2)) {
      for (const name of await namesIn(join(this.#root, folder), 64)) {
        const hash = parseBlobHash(name);
        if (hash?.startsWith(folder)) yield hash;
      }
    }
  }

  removeUnlessStoredSince(hash: BlobHash, sinceMs: number): Promise<boolean> {
    return this.#removals
      .remove(hash, this.pathOf(hash), sinceMs)
      .catch((cause: unknown) => Promise.reject(blobError(cause)));
  }

  freeBytes(): Promise<number> {
    return this.#space.bytes();
  }

  #temporaryName(): string {
    this.#begunCount += 1;
    return `${this.#run}-${this.#begunCount}`;
  }

  async #requireSpace(): Promise<void> {
    if ((await this.freeBytes()) >= this.#freeBytesMin) return;
    throw new BitHiveError(
      'BH_STORE_FULL',
      `less than ${this.#freeBytesMin} bytes are free in the blob folder`,
    );
  }
}

function requireHash(hash: BlobHash, found: string): void {
  if (found !== hash) throw new BitHiveError('BH_BLOB_CORRUPT', `the content of ${hash} has changed`);
}

/** Hexadecimal names of this length, in order; none where the folder is gone. */
async function namesIn(folder: string, length: number): Promise<readonly string[]> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw blobError(cause);
  });
  return names.filter((name) => name.length === length && /^[0-9a-f]+$/.test(name)).sort();
}
