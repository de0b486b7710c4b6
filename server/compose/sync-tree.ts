import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Makes a folder with all that is in it durable, names as well as content: whoever reads "done" may pull the plug. */
export async function syncTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  for (const path of [...entries.map((entry) => join(entry.parentPath, entry.name)), folder]) {
    const file = await open(path, 'r');
    await file.sync().finally(() => file.close());
  }
}
