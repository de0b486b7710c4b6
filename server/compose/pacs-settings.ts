import type { z } from 'zod';
import { type Config, type PacsWay, pacsNodeOf, pacsWaysOf } from '../../config/index.ts';
import { assert } from '../../core/assert.ts';
import type { clientTlsSchema } from './client-tls.ts';
import type { httpAuth, httpTls } from './http-client-settings.ts';

interface PacsServer {
  readonly url: string;
  readonly auth?: z.output<typeof httpAuth>;
  readonly tls?: z.output<typeof httpTls>;
}

/** The DICOMweb server of the settings `pacs`, as a channel file would say it. */
export function pacsServer({ pacs: { url, tls, ...credentials } }: Config): PacsServer {
  assert(url !== undefined, 'a way over DICOMweb has an address');
  const auth = authOf(credentials);
  return { url, ...(auth ? { auth } : {}), ...(tls ? { tls } : {}) };
}

function authOf({
  user,
  password,
  token,
}: Pick<Config['pacs'], 'user' | 'password' | 'token'>): PacsServer['auth'] {
  if (token !== undefined) return { kind: 'bearer', token };
  return user === undefined || password === undefined ? undefined : { kind: 'basic', user, password };
}

interface PacsNode {
  readonly ae: string;
  readonly host: string;
  readonly port: number;
  readonly tls?: z.output<typeof clientTlsSchema>;
}

/** The DICOM node of the settings `pacs`, as a channel file would say it. */
export function pacsNode(config: Config): PacsNode {
  const { aeTitle: ae, tls } = config.pacs;
  const address = pacsNodeOf(config);
  assert(ae !== undefined && address !== undefined, 'a way over DIMSE has a title and an address');
  return { ae, ...address, ...(tls ? { tls } : {}) };
}

const services: Readonly<Record<PacsWay, { readonly results: string; readonly priors: string }>> = {
  dicomweb: { results: 'STOW-RS', priors: 'QIDO-RS, WADO-RS' },
  dimse: { results: 'C-STORE', priors: 'C-FIND, C-GET' },
};

/** `sr, sc to PACS at pacs.example:104 (C-STORE); earlier studies from there (C-FIND, C-GET)`; null where none is set. */
export function pacsText(config: Config): string | null {
  const ways = pacsWaysOf(config);
  if (ways === null) return null;
  const { results, priors } = ways;
  const forms = config.pacs.results.join(', ') || 'no results';
  const to = `${forms} to ${addressOf(config, results)} (${services[results].results})`;
  if (priors === null) return `${to}; no earlier studies from there`;
  const from = priors === results ? 'there' : addressOf(config, priors);
  return `${to}; earlier studies from ${from} (${services[priors].priors})`;
}

/** As an operator knows it; no name, no secret. */
export function addressOf(config: Config, way: PacsWay): string {
  if (way === 'dicomweb') return pacsServer(config).url;
  const { ae, host, port } = pacsNode(config);
  return `${ae} at ${host}:${port}`;
}
