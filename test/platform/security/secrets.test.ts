import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { systemRandom } from '../../../platform/random.ts';
import { sameSecret } from '../../../platform/security/same-secret.ts';
import { createSystemKeys } from '../../../platform/security/system-keys.ts';
import { ensureTokenFile, readTokenFile } from '../../../platform/security/token-file.ts';

const refused = expect.objectContaining({ code: 'BH_CONFIG_SECRET' });
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bithive-secrets-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function secretFile(name: string, text: string, mode: number): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

test('a secret is read from a file of mode 0600 or 0400, or from a variable', async () => {
  const keys = createSystemKeys({ env: { DB: 'from-env', EMPTY: '' }, cwd: folder });
  expect(await keys.secret(`file:${secretFile('a', 'from-file\n', 0o600)}`)).toBe('from-file');
  secretFile('b', 'relative', 0o400);
  expect(await keys.secret('file:b')).toBe('relative');
  expect(await keys.secret('env:DB')).toBe('from-env');
  await expect(keys.secret('env:EMPTY')).rejects.toEqual(refused);
  await expect(keys.secret('env:ABSENT')).rejects.toEqual(refused);
  await expect(keys.secret('file:absent')).rejects.toEqual(refused);
  await expect(keys.secret('the secret itself')).rejects.toEqual(refused);
});

test.each([0o644, 0o640, 0o604, 0o660, 0o610])('a secret file of mode %o is refused', async (mode) => {
  const keys = createSystemKeys({ env: {}, cwd: folder });
  const path = secretFile(`mode-${mode}`, 'x', mode);
  await expect(keys.secret(`file:${path}`)).rejects.toEqual(refused);
});

test('the message of a refused reference does not repeat a secret given by mistake', async () => {
  const keys = createSystemKeys({ env: {}, cwd: folder });
  await expect(keys.secret('hunter2-hunter2')).rejects.not.toThrow('hunter2');
});

test('the token is made once, at random, for its owner only', async () => {
  const path = join(folder, 'new', 'api-token');
  const token = await ensureTokenFile(path, systemRandom);
  expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, 'utf8')).toBe(`${token}\n`);
  expect(await ensureTokenFile(path, systemRandom)).toBe(token);
  expect(await ensureTokenFile(join(folder, 'other-token'), systemRandom)).not.toBe(token);
  chmodSync(path, 0o644);
  await expect(ensureTokenFile(path, systemRandom)).rejects.toEqual(refused);
});

test('a token that could be guessed is refused', async () => {
  await expect(readTokenFile(secretFile('short', 'letmein', 0o600))).rejects.toEqual(refused);
});

test('two secrets are the same only when they are equal', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      expect(sameSecret(a, a)).toBe(true);
      expect(sameSecret(a, b)).toBe(a === b);
    }),
  );
});
