import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BitHiveError } from '../../../core/errors.ts';
import { makeDurableFolder, syncFolder } from '../durable-folder.ts';
import type { Database } from './database.ts';
import type { Statement } from './session-pool.ts';

/** File in the folder of bodies that says which folder it is. */
export const blobsMarkerName = 'folder-id';

const readStatement: Statement = { text: "SELECT value FROM meta WHERE name = 'blobs_folder'" };
/** Of two nodes that start first at the same moment, one names the folder. */
const claimStatement: Statement = {
  text: `INSERT INTO meta VALUES ('blobs_folder', $1) ON CONFLICT (name) DO UPDATE SET value = meta.value RETURNING value`,
};
/** For a database that is filled from a backup: its bodies come to a new place with it. */
export const forgetBlobsFolder: Statement = { text: "DELETE FROM meta WHERE name = 'blobs_folder'" };

/**
 * The nodes of one database share its folder of bodies: a body that one accepts another must read. The first node to start puts an id into its
 * folder and into the database; a node whose folder has another id or none is refused, be it that a share is not mounted, before it
 * accepts anything. Throws BH_STORE_BLOBS.
 */
export async function claimBlobsFolder(database: Database, folder: string): Promise<void> {
  // The database first: the marker was durable before the id was written there, so whoever sees the id can see the marker.
  const known = (await database.query<{ value: string }>(readStatement))[0]?.value ?? null;
  makeDurableFolder(folder);
  const found = await readMarker(folder);
  if (known !== null) {
    requireSame(folder, found, known);
    return;
  }
  const own = found ?? (await makeMarker(folder));
  const [claimed] = await database.query<{ value: string }>(claimStatement, [own]);
  requireSame(folder, own, claimed!.value);
}

function requireSame(folder: string, found: string | null, known: string): void {
  if (found === known) return;
  const path = join(folder, blobsMarkerName);
  const detail =
    found === null
      ? `${path} is missing: the other nodes of this database keep their bodies elsewhere, or a share is not mounted. If the folder is theirs, write ${known} into that file`
      : `${path} holds ${found}, the folder of this database is ${known}`;
  throw new BitHiveError('BH_STORE_BLOBS', detail);
}

async function readMarker(folder: string): Promise<string | null> {
  try {
    return (await readFile(join(folder, blobsMarkerName), 'utf8')).trim();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new BitHiveError('BH_STORE_BLOBS', `${join(folder, blobsMarkerName)} cannot be read`, { cause });
  }
}

/** Whole or not at all, and the first one stands. Answers the id that the folder has then. */
async function makeMarker(folder: string): Promise<string> {
  const path = join(folder, blobsMarkerName);
  const unfinished = join(folder, `${blobsMarkerName}.${randomUUID()}`);
  try {
    const file = await open(unfinished, 'wx', 0o600);
    try {
      await file.writeFile(`${randomUUID()}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await place(unfinished, path);
    syncFolder(folder);
  } catch (cause) {
    throw new BitHiveError('BH_STORE_BLOBS', `${path} cannot be written`, { cause });
  } finally {
    await rm(unfinished, { force: true });
  }
  return (await readMarker(folder)) ?? '';
}

/** A share without links cannot say who was first; then the last one stands, and the database decides between them. */
async function place(unfinished: string, path: string): Promise<void> {
  try {
    await link(unfinished, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    await rename(unfinished, path);
  }
}
