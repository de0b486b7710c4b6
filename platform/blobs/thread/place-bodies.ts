import {
  closeSync,
  constants,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { directFlag } from './body-memory.ts';

/** A body of which every byte is in memory, and whose hash is known. */
export interface WholeBody {
  /** `bytesCount` bytes and whatever stands behind them; its address is a multiple of a block. */
  readonly bytes: Uint8Array;
  readonly bytesCount: number;
  readonly hash: string;
}

/** null: durable under its name. Else what the system said. */
export type Placed = NodeJS.ErrnoException | null;

/** What every disk writes at once (4 KiB, a multiple of all sector sizes in use). */
const blockBytes = 4096;
const newFile = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;

interface OpenBody {
  readonly file: number;
  readonly path: string;
  /** Where the name is taken, which may be somebody's durable body: it is replaced by synced content only. null: written under its own name. */
  readonly temporaryPath: string | null;
}

/**
 * Writes bodies to a folder of blobs, several in one go, without ever yielding: for a thread of its own. All are written, then synced: what
 * the file system commits for the first sync holds the names and sizes of the others.
 *
 * A new body is written under its own name: until it is synced no row names it, and one that a crash left torn is replaced by the next writer
 * of that body, or removed by the sweep.
 */
export class BodyPlacer {
  readonly #root: string;
  readonly #temporary: string;
  readonly #run: string;
  readonly #isDirect: boolean;
  #count = 0;

  /** @param probe a block whose address is a multiple of its size: tells whether the file system takes bytes past its cache */
  constructor(root: string, temporary: string, run: string, probe: Uint8Array) {
    this.#root = root;
    this.#temporary = temporary;
    this.#run = run;
    this.#isDirect = directFlag !== 0 && this.#takesDirect(probe.subarray(0, blockBytes));
  }

  /** One result for each body, in their order. Never throws. */
  place(bodies: readonly WholeBody[]): readonly Placed[] {
    const opened = bodies.map((body) => attempt(() => this.#write(body)));
    const synced = opened.map((body) => andThen(body, sync));
    const folders = new Map<string, Attempt<void>>();
    return synced.map((body) => andThen(body, ({ path }) => this.#syncFolder(dirname(path), folders)).error);
  }

  #syncFolder(folder: string, done: Map<string, Attempt<void>>): void {
    let synced = done.get(folder);
    if (synced === undefined) {
      synced = attempt(() => syncFolder(folder));
      done.set(folder, synced);
    }
    if (synced.error !== null) throw synced.error;
  }

  #write(body: WholeBody): OpenBody {
    const opened = this.#open(join(this.#root, body.hash.slice(0, 2), body.hash));
    try {
      this.#fill(opened, body);
      return opened;
    } catch (error) {
      giveUp(opened);
      throw error;
    }
  }

  #open(path: string): OpenBody {
    const flags = newFile | (this.#isDirect ? directFlag : 0);
    try {
      return { file: openSync(path, flags, 0o600), path, temporaryPath: null };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    this.#count += 1;
    const temporaryPath = join(this.#temporary, `${this.#run}-b${this.#count}`);
    return { file: openSync(temporaryPath, flags, 0o600), path, temporaryPath };
  }

  #fill(opened: OpenBody, { bytes, bytesCount }: WholeBody): void {
    const directBytes = this.#isDirect ? bytesCount - (bytesCount % blockBytes) : 0;
    if (directBytes > 0) writeRange(opened.file, bytes, 0, directBytes);
    if (directBytes === bytesCount) return;
    // A part of a block goes through the system's cache. Writing a whole block and cutting the file would have it read back.
    const file = this.#isDirect
      ? openSync(opened.temporaryPath ?? opened.path, constants.O_WRONLY)
      : opened.file;
    try {
      writeRange(file, bytes, directBytes, bytesCount);
    } finally {
      if (file !== opened.file) closeSync(file);
    }
  }

  #takesDirect(block: Uint8Array): boolean {
    const path = join(this.#temporary, `${this.#run}-probe`);
    try {
      const file = openSync(path, newFile | directFlag, 0o600);
      try {
        return writeSync(file, block, 0, blockBytes, 0) === blockBytes;
      } finally {
        closeSync(file);
        unlinkSync(path);
      }
    } catch {
      return false;
    }
  }
}

/** One write may take a part only, for example on a disk that becomes full. */
function writeRange(file: number, bytes: Uint8Array, from: number, to: number): void {
  for (let at = from; at < to; ) at += writeSync(file, bytes, at, to - at, at);
}

function sync(body: OpenBody): OpenBody {
  const { file, temporaryPath, path } = body;
  try {
    fdatasyncSync(file);
    if (temporaryPath !== null) renameSync(temporaryPath, path);
  } catch (error) {
    giveUp(body);
    throw error;
  }
  closeSync(file);
  return body;
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Frees the space of a body that could not be written. Its own name stays, for somebody may have put the same body there meanwhile: the sweep
 * removes what no row names.
 */
function giveUp({ file, temporaryPath }: OpenBody): void {
  attempt(() => ftruncateSync(file, 0));
  closeSync(file);
  // What is left in the folder of unfinished bodies goes at the next start.
  if (temporaryPath !== null) attempt(() => unlinkSync(temporaryPath));
}

type Attempt<T> = { readonly error: null; readonly value: T } | { readonly error: NodeJS.ErrnoException };

function attempt<T>(step: () => T): Attempt<T> {
  try {
    return { error: null, value: step() };
  } catch (error) {
    return { error: error as NodeJS.ErrnoException };
  }
}

const andThen = <T, U>(before: Attempt<T>, step: (value: T) => U): Attempt<U> =>
  before.error === null ? attempt(() => step(before.value)) : before;
