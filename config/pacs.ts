import { z } from 'zod';
import type { Config } from './schema.ts';
import { aeTitle, count, path, secret, text, url } from './setting-types.ts';

/** Forms of a result that an archive can be sent; `mappings` makes them. */
export const pacsResults = ['sr', 'sc', 'pdf', 'seg'] as const;
export type PacsResult = (typeof pacsResults)[number];
const pacsWays = ['dicomweb', 'dimse'] as const;
/** How a PACS is spoken to. */
export type PacsWay = (typeof pacsWays)[number];

const tlsSchema = z.strictObject({
  ca: path(
    'Authorities of its certificate, PEM. With any of `pacs.tls` the node is called over TLS.',
  ).optional(),
  cert: path('Certificate that the engine shows, PEM.').optional(),
  key: secret('Key of `pacs.tls.cert`, PEM.').optional(),
});

/** The archive that channels call `pacs`. */
export const pacsSchema = z.strictObject({
  url: url('Base address of its DICOMweb: results go there by STOW-RS.').optional(),
  user: text('Name for HTTP Basic at `pacs.url`.').optional(),
  password: secret('Password of `pacs.user`.').optional(),
  token: secret('Bearer token for `pacs.url`, in place of name and password.').optional(),
  aeTitle: aeTitle('Its AE title: results go there by C-STORE where `pacs.url` is not set.').optional(),
  host: text(
    'Address of the node `pacs.aeTitle`; that of `dimse.peers` when it stands there alone.',
  ).optional(),
  port: count(1, 65_535, 'Port of the node `pacs.aeTitle`.').optional(),
  tls: tlsSchema.optional(),
  results: z.array(z.enum(pacsResults)).meta({
    description:
      'Forms in which results go there: sr, sc, pdf, seg (a segmentation, where the model gives masks).',
  }),
  priorsFrom: z
    .enum([...pacsWays, 'none'])
    .meta({
      description:
        'Where earlier studies come from, for models that compare: `pacs.url` (QIDO-RS, WADO-RS), `pacs.aeTitle` (C-FIND, C-GET), or nowhere. Unset: the way that results go.',
    })
    .optional(),
});

/** Which way what goes. */
export interface PacsWays {
  readonly results: PacsWay;
  readonly priors: PacsWay | null;
}

/** null: no PACS is set. */
export function pacsWaysOf({ pacs }: Pick<Config, 'pacs'>): PacsWays | null {
  if (pacs.url === undefined && pacs.aeTitle === undefined) return null;
  const results = pacs.url === undefined ? 'dimse' : 'dicomweb';
  const priors = pacs.priorsFrom ?? results;
  return { results, priors: priors === 'none' ? null : priors };
}

/** The address of the node; undefined where neither `pacs` nor `dimse.peers` has it. */
export function pacsNodeOf({
  pacs,
  dimse,
}: Pick<Config, 'pacs' | 'dimse'>): { readonly host: string; readonly port: number } | undefined {
  const peer = dimse.peers[pacs.aeTitle ?? ''];
  const [host, port] = [pacs.host ?? peer?.host, pacs.port ?? peer?.port];
  return host === undefined || port === undefined ? undefined : { host, port };
}

/** What of the settings does not fit together, by its key. */
export function pacsFault(config: Pick<Config, 'pacs' | 'dimse'>): { key: string; fault: string } | null {
  const { pacs } = config;
  const lacking = (key: string, needs: string) => ({ key: `pacs.${key}`, fault: `needs ${needs}` });
  if (pacs.aeTitle === undefined) {
    if (pacs.host !== undefined) return lacking('host', 'pacs.aeTitle');
    if (pacs.port !== undefined) return lacking('port', 'pacs.aeTitle');
    if (pacs.priorsFrom === 'dimse') return lacking('priorsFrom', 'pacs.aeTitle');
  } else if (pacsNodeOf(config) === undefined) {
    return lacking('aeTitle', 'pacs.host and pacs.port, or its address in dimse.peers');
  }
  if (pacs.url === undefined) {
    if (pacs.user !== undefined) return lacking('user', 'pacs.url');
    if (pacs.token !== undefined) return lacking('token', 'pacs.url');
    if (pacs.priorsFrom === 'dicomweb') return lacking('priorsFrom', 'pacs.url');
  }
  if (pacs.user === undefined && pacs.password !== undefined) return lacking('password', 'pacs.user');
  if (pacs.user !== undefined && pacs.password === undefined) return lacking('user', 'pacs.password');
  if (pacs.user !== undefined && pacs.token !== undefined)
    return { key: 'pacs.token', fault: 'stands beside pacs.user: one of the two' };
  const ways = pacsWaysOf(config);
  if (pacs.tls !== undefined && ways === null) return lacking('tls', 'pacs.url or pacs.aeTitle');
  // Patients would go in the clear where somebody took care that they do not.
  const isInTheClear = ways?.results === 'dicomweb' && ways.priors !== 'dimse' && isPlain(pacs.url);
  if (pacs.tls !== undefined && isInTheClear) return lacking('tls', 'https: in pacs.url');
  if (pacs.tls?.key !== undefined && pacs.tls.cert === undefined) return lacking('tls.key', 'pacs.tls.cert');
  if (pacs.tls?.cert !== undefined && pacs.tls.key === undefined) return lacking('tls.cert', 'pacs.tls.key');
  return null;
}

const isPlain = (url: string | undefined): boolean => url !== undefined && new URL(url).protocol === 'http:';
