import { createWriteStream } from 'node:fs';
import { access, link, mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { types } from 'node:util';
import { BitHiveError } from '../../core/errors.ts';
import { type BlobHash, parseBlobHash } from '../../core/ids.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Blobs, Store } from '../../core/ports/index.ts';
import { syncTree } from './sync-tree.ts';

/** What a backup says of itself, in `backup.json`. */
export const backupMarkFile = 'backup.json';

/**
 * Copies store and bodies into an empty folder while work goes on. Bodies are named by their content and never change, so they are
 * linked where the file system allows it. They are linked before the store is copied and again after: what a row of the copy names was
 * there before, and may be swept since, or came meanwhile and is too young for that.
 *
 * @throws BH_HTTP_INPUT when the folder is not empty
 */
export async function backupTo(folder: string, store: Store, blobs: Blobs): Promise<JsonObject> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length > 0) throw new BitHiveError('BH_HTTP_INPUT', `${folder} is not empty`);
  await copyBlobs(folder, store, blobs);
  const { throughMessageId } = await store.backup(folder);
  const bodies = await copyBlobs(folder, store, blobs);
  const mark = { throughMessageId, bodies };
  await syncTree(folder);
  await writeFile(join(folder, backupMarkFile), `${JSON.stringify(mark)}\n`, { flush: true });
  return mark;
}

/** Copies what rows name and the folder does not hold yet; returns how many of them it holds then. */
async function copyBlobs(folder: string, store: Store, blobs: Blobs): Promise<number> {
  let count = 0;
  for await (const name of store.blobsInUse()) {
    const hash = parseBlobHash(name);
    if (hash !== null && (await copyBlob(blobs, hash, join(folder, 'blobs')))) count += 1;
  }
  return count;
}

async function copyBlob(blobs: Blobs, hash: BlobHash, folder: string): Promise<boolean> {
  const path = join(folder, hash.slice(0, 2), hash);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const source = blobs.pathOf(hash);
  if (source !== null && (await linked(source, path))) return true;
  if (await isWhole(path)) return true;
  // A row that was removed since it was listed may name a body that is gone.
  if (!(await blobs.has(hash))) return false;
  const unfinished = `${path}.part`;
  await pipeline(blobs.stream(hash), createWriteStream(unfinished, { mode: 0o600 }));
  await rename(unfinished, path);
  return true;
}

const isWhole = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function linked(source: string, path: string): Promise<boolean> {
  try {
    await link(source, path);
    return true;
  } catch (error) {
    if (
      types.isNativeError(error) &&
      'code' in error &&
      ['EXDEV', 'EPERM', 'EMLINK', 'ENOENT', 'EEXIST'].includes(String(error.code))
    ) {
      return error.code === 'EEXIST';
    }
    throw error;
  }
}
