import {
  closeSync,
  constants,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  linkSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { notLinked } from '../move-into-place.ts';
import { directFlag } from './body-memory.ts';

/** A body of which every byte is in memory, and whose hash is known. */
export interface WholeBody {
  /** As many bytes as `bytesCount` says, and room behind them up to the next multiple of a block. */
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
  readonly temporaryPath: string;
  readonly path: string;
  /** Its name may be somebody's durable body: it is replaced by synced content only. */
  readonly isNameTaken: boolean;
}

/**
 * Writes bodies to a folder of blobs, several in one go, without ever yielding: for a thread of its own. All are written and named, then
 * synced: what the file system commits for the first sync holds the names and sizes of the others.
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
    const synced = opened.map((body) => andThen(body, (open) => this.#sync(open)));
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
    this.#count += 1;
    const temporaryPath = join(this.#temporary, `${this.#run}-b${this.#count}`);
    const path = join(this.#root, body.hash.slice(0, 2), body.hash);
    const file = openSync(temporaryPath, newFile | (this.#isDirect ? directFlag : 0), 0o600);
    try {
      this.#fill(file, body);
      return { file, temporaryPath, path, isNameTaken: !isLinked(temporaryPath, path) };
    } catch (error) {
      giveUp(file, temporaryPath);
      throw error;
    }
  }

  #fill(file: number, { bytes, bytesCount }: WholeBody): void {
    if (!this.#isDirect) {
      writeWhole(file, bytes, bytesCount);
      return;
    }
    const blocksBytes = Math.ceil(bytesCount / blockBytes) * blockBytes;
    // Nothing of another patient's body stays on the disk behind this one.
    bytes.fill(0, bytesCount, blocksBytes);
    writeWhole(file, bytes, blocksBytes);
    if (blocksBytes !== bytesCount) ftruncateSync(file, bytesCount);
  }

  #sync(body: OpenBody): OpenBody {
    const { file, temporaryPath, path, isNameTaken } = body;
    try {
      fdatasyncSync(file);
      if (isNameTaken) renameSync(temporaryPath, path);
    } catch (error) {
      giveUp(file, temporaryPath);
      throw error;
    }
    closeSync(file);
    if (!isNameTaken) removeName(temporaryPath);
    return body;
  }

  #takesDirect(block: Uint8Array): boolean {
    const path = join(this.#temporary, `${this.#run}-probe`);
    try {
      const file = openSync(path, newFile | directFlag, 0o600);
      try {
        return writeSync(file, block, 0, blockBytes, 0) === blockBytes;
      } finally {
        giveUp(file, path);
      }
    } catch {
      return false;
    }
  }
}

/** One write may take a part only, for example on a disk that becomes full. */
function writeWhole(file: number, bytes: Uint8Array, bytesCount: number): void {
  for (let at = 0; at < bytesCount; ) at += writeSync(file, bytes, at, bytesCount - at, at);
}

function isLinked(temporaryPath: string, path: string): boolean {
  try {
    linkSync(temporaryPath, path);
    return true;
  } catch (error) {
    if (notLinked.has((error as NodeJS.ErrnoException).code)) return false;
    throw error;
  }
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function giveUp(file: number, temporaryPath: string): void {
  closeSync(file);
  removeName(temporaryPath);
}

function removeName(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // What is left in the folder of unfinished bodies goes at the next start.
  }
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
