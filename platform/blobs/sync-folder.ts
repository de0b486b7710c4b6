import { closeSync, openSync } from 'node:fs';
import { syncFile } from './raw-file.ts';

/** Names in a folder are durable when the folder itself was synced (fsync(2)). Opening and closing it wait for no disk. */
export async function syncFolder(path: string): Promise<void> {
  const folder = openSync(path, 'r');
  try {
    await syncFile(folder);
  } finally {
    closeSync(folder);
  }
}
