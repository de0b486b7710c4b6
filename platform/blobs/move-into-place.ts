import { link, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Descriptor, syncContent } from './raw-file.ts';
import { syncFolder } from './sync-folder.ts';

/** What `link` says where the name is taken, or where the file system has no links: the slower order is used then. */
const notLinked: ReadonlySet<string | undefined> = new Set([
  'EEXIST',
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'EMLINK',
  'ENOSYS',
]);

/**
 * Gives a written file its final name; content and name are durable when it resolves.
 *
 * A new name is linked before the content is synced, so that both syncs run together: until they are done nobody names the file, and a
 * torn one that a power cut left is replaced by the next writer of that body. A name that exists may be somebody's durable body:
 * it is only ever replaced by content that is synced already.
 */
export async function moveIntoPlace(file: Descriptor, temporaryPath: string, path: string): Promise<void> {
  const folder = dirname(path);
  if (await isLinked(temporaryPath, path)) {
    await both(
      syncContent(file).then(() => unlink(temporaryPath)),
      syncFolder(folder),
    );
    return;
  }
  await syncContent(file);
  await rename(temporaryPath, path);
  await syncFolder(folder);
}

/** Waits for the end of both whatever comes of them: a descriptor that is in use must not be closed, its number may be given anew. */
async function both(first: Promise<void>, second: Promise<void>): Promise<void> {
  await Promise.allSettled([first, second]);
  await first;
  await second;
}

async function isLinked(temporaryPath: string, path: string): Promise<boolean> {
  try {
    await link(temporaryPath, path);
    return true;
  } catch (error) {
    if (notLinked.has((error as NodeJS.ErrnoException).code)) return false;
    throw error;
  }
}
