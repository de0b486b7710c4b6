import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig } from '../../config/index.ts';
import { BitHiveError } from '../../core/errors.ts';
import { systemRandom } from '../../platform/random.ts';
import { createSystemKeys } from '../../platform/security/system-keys.ts';
import { deidentifyKey } from '../compose/deidentify-key.ts';
import type { Call, VerbFlag, World } from './verb.ts';

export const keyFileFlag: VerbFlag = {
  name: 'key-file',
  takes: 'FILE',
  description: 'Key of the pseudonyms, mode 0600; that of the data folder when absent.',
};

/** The key of the pseudonyms: of the flag, of a policy's reference, or of the data folder. */
export function keyOf(call: Call, world: World, reference?: string): Promise<string> {
  const { config } = loadConfig({ argv: call.settingsArgv, env: world.env, cwd: world.cwd });
  const file = call.flag('key-file');
  const keys = createSystemKeys({ env: world.env, cwd: world.cwd });
  return deidentifyKey(file === undefined ? reference : `file:${file}`, {
    config,
    keys,
    random: systemRandom,
  });
}

/** A file, or the files of a folder and of those below it in the order of their names; links are not followed. */
export async function filesOf(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch(unreadable(path));
  if (found.isFile()) return [path];
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((cause: unknown) => {
    throw new BitHiveError('BH_CLI_USAGE', `${path} cannot be made`, { cause });
  });
}

export function unreadable(path: string) {
  return (cause: unknown): never => {
    throw new BitHiveError('BH_CLI_USAGE', `${path} cannot be read`, { cause });
  };
}
