import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { BitHiveError } from '../../core/errors.ts';
import type { Keys } from '../../core/ports/index.ts';

/** TLS of a destination: whom to trust, and what to show where the receiver asks for a certificate. */
export const clientTlsSchema = z.strictObject({
  ca: z.string().optional(),
  cert: z.string().optional(),
  /** A secret reference: `file:/path` or `env:NAME`. */
  key: z.string().optional(),
  serverName: z.string().optional(),
});

export interface ClientTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
}

/** Reads what the settings name. Throws BH_CONFIG_VALUE or BH_CONFIG_SECRET. */
export async function clientTls(settings: z.output<typeof clientTlsSchema>, keys: Keys): Promise<ClientTls> {
  return {
    ...(settings.ca ? { ca: await pem(settings.ca) } : {}),
    ...(settings.cert ? { cert: await pem(settings.cert) } : {}),
    ...(settings.key ? { key: await keys.secret(settings.key) } : {}),
    ...(settings.serverName ? { serverName: settings.serverName } : {}),
  };
}

export async function pem(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new BitHiveError('BH_CONFIG_VALUE', `${path} cannot be read`, { cause });
  });
}
