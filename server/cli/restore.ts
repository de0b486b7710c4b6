import { cp, mkdir, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Config, loadConfig } from '../../config/index.ts';
import { BitHiveError } from '../../core/errors.ts';
import { parseBlobHash } from '../../core/ids.ts';
import { silentLogger } from '../../core/ports/index.ts';
import { openFolderBlobs } from '../../platform/blobs/index.ts';
import { systemClock } from '../../platform/clock.ts';
import { createSystemKeys } from '../../platform/security/system-keys.ts';
import { restorePostgresBackup } from '../../platform/store/index.ts';
import { backupMarkFile } from '../compose/backup.ts';
import { blobsFolderOf } from '../compose/data-folder.ts';
import { openStore } from '../compose/open-store.ts';
import { syncTree } from '../compose/sync-tree.ts';
import { exitCodes, jsonFlag, type Verb, type World } from './verb.ts';

export const restore: Verb = {
  usage: {
    name: 'restore',
    summary: 'Puts a backup into an empty data folder and checks it.',
    words: ['FOLDER'],
    flags: [jsonFlag],
    takesSettings: true,
    example: 'bithive restore /mnt/backup/monday --data /var/lib/bithive-restored',
  },
  async run(call, world) {
    const source = resolve(world.cwd, call.words[0] ?? '');
    const { config } = loadConfig({ argv: call.settingsArgv, env: world.env, cwd: world.cwd });
    const mark = await readMark(source);
    await mkdir(config.data, { recursive: true, mode: 0o700 });
    if ((await readdir(config.data)).length > 0) {
      throw new BitHiveError(
        'BH_CLI_USAGE',
        `${config.data} is not empty; a backup is restored into an empty folder`,
      );
    }
    await cp(source, config.data, {
      recursive: true,
      errorOnExist: true,
      force: false,
      preserveTimestamps: true,
    });
    await syncTree(config.data);
    await restoreDatabase(config, world);
    const bodies = await checkBodies(config, world);
    const result = { data: config.data, ...mark, bodies };
    world.print(
      call.has('json')
        ? JSON.stringify(result)
        : `${config.data} holds everything through message ${mark.throughMessageId} and ${bodies} large bodies`,
    );
    return exitCodes.ok;
  },
};

/** A backup of PostgreSQL holds its tables beside the bodies: they go into the empty database that `store.url` names. */
async function restoreDatabase(config: Config, world: World): Promise<void> {
  if (config.store.kind !== 'postgres') return;
  const keys = createSystemKeys({ env: world.env, cwd: world.cwd });
  await restorePostgresBackup(await keys.secret(config.store.url ?? ''), config.data);
}

async function readMark(folder: string): Promise<{ readonly throughMessageId: number }> {
  const path = join(folder, backupMarkFile);
  try {
    const mark = JSON.parse(await readFile(path, 'utf8')) as { throughMessageId: number };
    return { throughMessageId: Number(mark.throughMessageId) };
  } catch (cause) {
    throw new BitHiveError(
      'BH_CLI_USAGE',
      `${folder} is not a finished backup: ${backupMarkFile} cannot be read`,
      { cause },
    );
  }
}

/** Opens the restored store, and looks for every large body that it names. */
async function checkBodies(config: Config, world: World): Promise<number> {
  const keys = createSystemKeys({ env: world.env, cwd: world.cwd });
  const store = await openStore(config, { clock: systemClock, logger: silentLogger, keys });
  try {
    const blobs = await openFolderBlobs({ folder: blobsFolderOf(config), diskFreeBytesMin: 0 });
    let count = 0;
    for await (const name of store.blobsInUse()) {
      const hash = parseBlobHash(name);
      if (hash === null || !(await blobs.has(hash))) {
        throw new BitHiveError('BH_BLOB_CORRUPT', `the body ${name} is not in the backup`);
      }
      count += 1;
    }
    return count;
  } finally {
    await store.close();
  }
}
