import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { types } from 'node:util';
import { BitHiveError } from '../../core/errors.ts';
import type { Random } from '../../core/ports/index.ts';
import { readSecretFile } from './system-keys.ts';

const tokenBytes = 32;
const tokenCharsMin = 32;

/**
 * The API token of an installation: read from its file, or made at random on first start (256 bits, mode 0600). There is no
 * default token, so none can be forgotten.
 *
 * @throws BH_CONFIG_SECRET when the file is open to others or holds less than 32 characters
 */
export async function ensureTokenFile(path: string, random: Random): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const token = Buffer.from(random.bytes(tokenBytes)).toString('base64url');
  const file = await open(path, 'wx', 0o600).catch((cause: unknown) => {
    if (types.isNativeError(cause) && 'code' in cause && cause.code === 'EEXIST') return null;
    throw new BitHiveError('BH_CONFIG_SECRET', `${path} cannot be made`, { cause });
  });
  if (file === null) return readTokenFile(path);
  try {
    await file.writeFile(`${token}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  return token;
}

/** @throws BH_CONFIG_SECRET as above, and when the file is missing */
export async function readTokenFile(path: string): Promise<string> {
  const token = await readSecretFile(path);
  if (token.length < tokenCharsMin) {
    throw new BitHiveError('BH_CONFIG_SECRET', `${path} holds less than ${tokenCharsMin} characters`);
  }
  return token;
}
