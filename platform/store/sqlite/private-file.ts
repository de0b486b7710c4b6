import { chmodSync, closeSync, existsSync, openSync, statSync } from 'node:fs';

const ownerOnly = 0o600;
const openToOthers = 0o077;

/**
 * Makes the file of a database for its owner alone, whatever umask and folder allow; one that exists is closed to others. Its log and the
 * log's index get the mode of the database from SQLite. A file that exists is never opened here: closing it again would give up the locks
 * that this process holds on it (fcntl(2), "advisory record locking").
 */
export function makePrivateFile(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, 'a', ownerOnly));
  for (const one of [path, `${path}-wal`, `${path}-shm`]) {
    if (existsSync(one) && (statSync(one).mode & openToOthers) !== 0) chmodSync(one, ownerOnly);
  }
}
