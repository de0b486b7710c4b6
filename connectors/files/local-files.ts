import { createReadStream } from 'node:fs';
import { access, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BitHiveError } from '../../core/errors.ts';
import type { FileAccess, FileEntry } from './file-access.ts';

/** The folders of this machine, or of what is mounted here. */
export function createLocalFiles(): FileAccess {
  return {
    place: '',
    join,
    list: (folder) => guarded(folder, () => list(folder)),
    makeFolder: (path) => guarded(path, () => makeFolder(path)),
    move: (from, to) => guarded(from, () => unlessMissing(rename(from, to))),
    exists: (path) => guarded(path, () => unlessMissing(access(path))),
    read,
    write: (path, chunks) => guarded(path, () => write(path, chunks)),
    remove: (path) => guarded(path, () => rm(path, { force: true })),
    syncFolder: (path) => guarded(path, () => syncFolder(path)),
    close: async () => {},
  };
}

/** Only the last part of the path: a mistyped folder must be told, not made. */
async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { mode: 0o750 }).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST') throw error;
  });
}

async function list(folder: string): Promise<readonly FileEntry[]> {
  const found: FileEntry[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    // Gone since: its writer or another engine has moved it.
    const facts = await stat(join(folder, entry.name)).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    });
    if (facts !== null)
      found.push({ name: entry.name, bytesCount: facts.size, modifiedAtMs: Math.round(facts.mtimeMs) });
  }
  return found;
}

async function* read(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path)) yield chunk as Buffer;
  } catch (cause) {
    throw faultOf(path, cause);
  }
}

async function write(path: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'w', 0o640);
  try {
    for await (const chunk of chunks) await file.writeFile(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function unlessMissing(done: Promise<unknown>): Promise<boolean> {
  try {
    await done;
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

async function guarded<T>(path: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    throw faultOf(path, cause);
  }
}

/** A body that cannot be read is told as what it is; everything else is the folder's. */
function faultOf(path: string, cause: unknown): unknown {
  if (cause instanceof BitHiveError) return cause;
  return new BitHiveError('BH_FILE_IO', `${path}: ${codeOf(cause) ?? 'failed'}`, { cause });
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;
