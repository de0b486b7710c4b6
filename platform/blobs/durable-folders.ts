import { mkdir, open } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { assert } from '../../core/assert.ts';

/** Names in a folder are durable when the folder itself was synced (fsync(2)). */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Makes folders below a root and syncs the parent of each one before it is relied on. A folder that exists proves nothing: who
 * made it may not have synced its parent yet. So each is synced once per process by whoever needs it, and remembered.
 */
export class DurableFolders {
  readonly #root: string;
  readonly #known = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  async make(folder: string): Promise<void> {
    if (this.#known.has(folder)) return;
    const steps = relative(this.#root, folder).split(sep);
    assert(steps[0] !== '..' && steps[0] !== '', 'the folder lies below the root');
    let path = this.#root;
    for (const step of steps) {
      path = join(path, step);
      if (this.#known.has(path)) continue;
      await mkdir(path, { recursive: true, mode: 0o700 });
      await syncFolder(dirname(path));
      this.#known.add(path);
    }
  }
}
