import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder whose name survives a power cut: each folder on the way that was made is durable when the one that it lies in was synced
 * (fsync(2)). The parent is synced in any case, for who made the folder may not have come so far.
 */
export function makeDurableFolder(path: string): void {
  const folder = resolve(path);
  const firstMade = mkdirSync(folder, { recursive: true, mode: 0o700 });
  const top = dirname(firstMade ?? folder);
  for (let parent = dirname(folder); ; parent = dirname(parent)) {
    syncFolder(parent);
    if (parent === top) return;
  }
}

/** Makes the names in a folder durable. One that may not be read is somebody else's and was not made here. */
export function syncFolder(path: string): void {
  const descriptor = openReadable(path);
  if (descriptor === null) return;
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function openReadable(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return null;
    throw error;
  }
}
