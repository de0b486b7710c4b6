import { type FileHandle, link, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
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
export async function moveIntoPlace(file: FileHandle, temporaryPath: string, path: string): Promise<void> {
  const folder = dirname(path);
  if (await isLinked(temporaryPath, path)) {
    await Promise.all([file.sync(), syncFolder(folder)]);
    await rm(temporaryPath, { force: true });
    return;
  }
  await file.sync();
  await rename(temporaryPath, path);
  await syncFolder(folder);
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
