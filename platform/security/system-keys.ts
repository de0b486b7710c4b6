import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BitHiveError } from '../../core/errors.ts';
import type { Keys } from '../../core/ports/index.ts';

const secretBytesMax = 64 * 1024;
/** Any right of the group or of others. */
const openToOthers = 0o077;

/**
 * Secrets of files and variables.
 *
 * @param cwd base of a relative `file:` reference
 */
export function createSystemKeys(options: {
  readonly env: { readonly [name: string]: string | undefined };
  readonly cwd: string;
}): Keys {
  return {
    async secret(reference) {
      if (reference.startsWith('file:'))
        return readSecretFile(resolve(options.cwd, reference.slice('file:'.length)));
      if (!reference.startsWith('env:')) {
        throw new BitHiveError('BH_CONFIG_SECRET', 'a secret is given by reference: file:/path or env:NAME');
      }
      const name = reference.slice('env:'.length);
      const value = options.env[name];
      if (!value) throw new BitHiveError('BH_CONFIG_SECRET', `the variable ${name} is not set`);
      return value;
    },
  };
}

/**
 * The text of a file that only its owner can read, without the line end that editors add.
 *
 * @throws BH_CONFIG_SECRET when it is missing, empty, too large, or open to the group or to others
 */
export async function readSecretFile(path: string): Promise<string> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new BitHiveError('BH_CONFIG_SECRET', `${path} cannot be read`, { cause });
  });
  try {
    // The open file is looked at, not the path: nobody can swap it in between.
    const { mode, size } = await file.stat();
    if (process.platform !== 'win32' && (mode & openToOthers) !== 0) {
      throw new BitHiveError(
        'BH_CONFIG_SECRET',
        `${path} has mode ${(mode & 0o777).toString(8)}: others can read it; chmod 600`,
      );
    }
    if (size > secretBytesMax)
      throw new BitHiveError('BH_CONFIG_SECRET', `${path} is over ${secretBytesMax} bytes`);
    const text = (await file.readFile('utf8')).trimEnd();
    if (text === '') throw new BitHiveError('BH_CONFIG_SECRET', `${path} is empty`);
    return text;
  } finally {
    await file.close();
  }
}
