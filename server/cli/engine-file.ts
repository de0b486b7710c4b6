import { open, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { Config } from '../../config/index.ts';
import { BitHiveError } from '../../core/errors.ts';
import type { Listening } from '../../core/ports/index.ts';

/** What a running engine leaves in its data folder, so that the command line finds it. Removed when it stops. */
const engineFileSchema = z.object({
  pid: z.number().int(),
  url: z.string(),
  tokenFile: z.string(),
  /** The engine's certificate, when it speaks TLS: the command line trusts this one and no other. */
  certFile: z.string().optional(),
  /** What the command line shows, when the engine asks clients for a certificate. The key is a reference, never the key itself. */
  client: z.object({ certFile: z.string(), key: z.string() }).optional(),
  version: z.string(),
});
export type EngineFile = z.output<typeof engineFileSchema>;

const pathIn = (data: string): string => join(data, 'engine.json');

export async function writeEngineFile(data: string, content: EngineFile): Promise<void> {
  const temporary = `${pathIn(data)}.${process.pid}`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(content)}\n`);
  } finally {
    await file.close();
  }
  await rename(temporary, pathIn(data));
}

export async function removeEngineFile(data: string): Promise<void> {
  await rm(pathIn(data), { force: true });
}

/** null when there is none. A file that an engine left when it was killed is still read; nobody answers at its address then. */
export async function readEngineFile(data: string): Promise<EngineFile | null> {
  const text = await readFile(pathIn(data), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null;
    throw new BitHiveError('BH_CLI_ENGINE', `${pathIn(data)} cannot be read`, { cause });
  });
  if (text === null) return null;
  try {
    return engineFileSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new BitHiveError('BH_CLI_ENGINE', `${pathIn(data)} is not what an engine writes`, { cause });
  }
}

/**
 * How the command line gets through the engine's TLS. `key` references are made absolute: the command may run in another folder.
 *
 * @param cwd base of a relative `file:` reference
 */
export function tlsOf(tls: Config['http']['tls'], cwd: string): Pick<EngineFile, 'certFile' | 'client'> {
  if (tls === undefined) return {};
  if (tls.ca === undefined) return { certFile: tls.cert };
  const certFile = tls.commandLineCert ?? tls.cert;
  const key = (tls.commandLineCert === undefined ? undefined : tls.commandLineKey) ?? tls.key;
  const absolute = key.startsWith('file:') ? `file:${resolve(cwd, key.slice('file:'.length))}` : key;
  return { certFile: tls.cert, client: { certFile, key: absolute } };
}

/** Address under which this machine reaches the API. */
export function localUrl(listening: readonly Listening[]): string | null {
  const api = listening.find(({ protocol, path }) => /^https?$/.test(protocol) && path === undefined);
  if (!api) return null;
  const host = api.host === '0.0.0.0' || api.host === '::' ? '127.0.0.1' : api.host;
  return `${api.protocol}://${host.includes(':') ? `[${host}]` : host}:${api.port}`;
}
