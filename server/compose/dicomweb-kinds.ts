import { z } from 'zod';
import { createArchiveDestination, createStowDestination } from '../../connectors/dicomweb/client/index.ts';
import { dicomContentType, dicomResultContentType } from '../../core/dicom-object.ts';
import { studyQueryContentType } from '../../core/study-query.ts';
import type { DestinationKind } from '../../pipelines/channel/catalog.ts';
import type { CatalogParts } from './catalog.ts';
import { checkClient, clientSettings, httpAuth, httpTls } from './http-client-settings.ts';

const server = {
  url: z.url({ protocol: /^https?$/ }),
  auth: httpAuth.optional(),
  tls: httpTls.optional(),
};

const stowSettings = z.strictObject({
  ...server,
  /** What the engine made, what it passes on, or both. */
  send: z.enum(['results', 'originals', 'all']).default('results'),
  concurrency: z.number().int().min(1).max(64).optional(),
});

/** `stow` as a destination: objects to an archive by STOW-RS. */
export function stowDestinationKind({
  keys,
  outbound,
  running,
}: CatalogParts): DestinationKind<z.output<typeof stowSettings>> {
  return {
    kind: 'stow',
    settings: stowSettings,
    takes: (contentType, { send }) =>
      (send !== 'originals' && contentType === dicomResultContentType) ||
      (send !== 'results' && contentType === dicomContentType),
    check: (settings) => checkClient(settings, outbound),
    async create({ url, concurrency, auth, tls }) {
      const { clock, random, blobs } = running().ports;
      return createStowDestination({
        url,
        blobs,
        ports: { clock, random, keys },
        ...(outbound.lookup ? { lookup: outbound.lookup } : {}),
        ...(await clientSettings({ auth, tls })),
        ...(concurrency ? { concurrency } : {}),
      });
    },
  };
}

const archiveSettings = z.strictObject({
  ...server,
  concurrency: z.number().int().min(1).max(16).optional(),
});

/** `dicomweb-archive` as a destination: an archive that is asked by QIDO-RS and WADO-RS how many instances a study has, and for priors. */
export function archiveDestinationKind({
  keys,
  outbound,
  running,
}: CatalogParts): DestinationKind<z.output<typeof archiveSettings>> {
  return {
    kind: 'dicomweb-archive',
    settings: archiveSettings,
    takes: (contentType) => contentType === studyQueryContentType,
    check: (settings) => checkClient(settings, outbound),
    async create({ url, concurrency, auth, tls }, { name }) {
      const { clock, random, blobs } = running().ports;
      return createArchiveDestination({
        url,
        name,
        blobs,
        ports: { clock, random, keys },
        ...(outbound.lookup ? { lookup: outbound.lookup } : {}),
        ...(await clientSettings({ auth, tls })),
        ...(concurrency ? { concurrency } : {}),
      });
    },
  };
}
