import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { SenderTls } from '../../connectors/tls.ts';
import { BitHiveError } from '../../core/errors.ts';
import { readSecretFile } from '../../platform/security/system-keys.ts';
import type { Call, VerbFlag, World } from './verb.ts';

/** Flags of the verbs that call another system. */
export const tlsFlags: readonly VerbFlag[] = [
  { name: 'tls', description: 'Speak TLS; the receiver must have a valid certificate.' },
  { name: 'ca', takes: 'FILE', description: 'Authorities that the receiver may be certified by, PEM.' },
  { name: 'cert', takes: 'FILE', description: 'Certificate of the sender, PEM.' },
  { name: 'key', takes: 'FILE', description: 'Its private key, PEM, mode 0600.' },
];

/** undefined where no flag asks for TLS. Throws BH_CONFIG_SECRET for a key that others can read. */
export async function tlsOf(call: Call, world: World): Promise<SenderTls | undefined> {
  if (!tlsFlags.some(({ name }) => call.has(name))) return undefined;
  const [ca, cert, key] = ['ca', 'cert', 'key'].map((name) => {
    const file = call.flag(name);
    return file === undefined ? undefined : resolve(world.cwd, file);
  });
  return {
    ...(ca === undefined ? {} : { ca: await readFile(ca) }),
    ...(cert === undefined ? {} : { cert: await readFile(cert) }),
    ...(key === undefined ? {} : { key: await readSecretFile(key) }),
  };
}

/** @throws BH_CLI_USAGE */
export function wholeNumber(call: Call, name: string, fallback: number, max: number): number {
  const text = call.flag(name);
  if (text === undefined) return fallback;
  const number = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= max) return number;
  throw new BitHiveError('BH_CLI_USAGE', `--${name}: expected 1 to ${max}`);
}
