import { open } from 'node:fs/promises';

/** Names in a folder are durable when the folder itself was synced (fsync(2)). */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
