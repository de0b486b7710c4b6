import { z } from 'zod';
import { refuseExposed } from '../../config/index.ts';
import { createDimseSource } from '../../connectors/dimse/index.ts';
import type { SourceKind } from '../../pipelines/channel/catalog.ts';
import { loadTls } from '../../platform/security/tls-material.ts';
import type { CatalogParts } from './catalog.ts';

const aeTitle = z
  .string()
  .regex(/^(?=.*\S)[\x20-\x5b\x5d-\x7e]{1,16}$/, 'an AE title of at most 16 characters');

const sourceSettings = z.strictObject({
  host: z.string().min(1).optional(),
  port: z.number().int().min(0).max(65_535).optional(),
  aeTitle: aeTitle.optional(),
  /** Titles that may call; those of `dimse.peers` where the channel has none. */
  callingAes: z.array(aeTitle).optional(),
  tls: z.strictObject({ key: z.string(), cert: z.string(), ca: z.string().optional() }).optional(),
});
type SourceSettings = z.output<typeof sourceSettings>;

/** `dimse` as a door: a DICOM node. Address, title, callers and TLS are those of the settings unless the channel has its own. */
export function dimseSourceKind({ config, keys, running }: CatalogParts): SourceKind<SourceSettings> {
  const { dimse } = config;
  const nodeOf = (settings: SourceSettings) => ({
    host: settings.host ?? dimse.host,
    port: settings.port ?? dimse.port,
    aeTitle: settings.aeTitle ?? dimse.aeTitle,
    callingAes: settings.callingAes ?? Object.keys(dimse.peers),
  });
  const protectionOf = async (settings: SourceSettings, channel: string) => {
    const { host, callingAes } = nodeOf(settings);
    const references = settings.tls ?? dimse.tls;
    const tls = references ? await loadTls(references, keys) : undefined;
    const hasCredentials = tls?.requestCert === true && callingAes.length > 0;
    refuseExposed({ name: `channel ${channel}`, host, hasTls: tls !== undefined, hasCredentials });
    return tls;
  };
  return {
    kind: 'dimse',
    messageKind: 'dicom',
    settings: sourceSettings,
    door(settings) {
      const { host, port } = nodeOf(settings);
      return port === 0 ? null : `${host}:${port}`;
    },
    async check(settings, { channel }) {
      await protectionOf(settings, channel);
    },
    async create(settings, { channel }) {
      const tls = await protectionOf(settings, channel);
      return createDimseSource({
        ...running().ports,
        name: channel,
        ...nodeOf(settings),
        takesUnknown: dimse.unknownSopClasses === 'take',
        ...dimse.limits,
        ...(tls
          ? {
              tls: {
                key: tls.key,
                cert: tls.cert,
                requestClientCert: tls.requestCert,
                ...(tls.ca ? { ca: tls.ca } : {}),
              },
            }
          : {}),
      });
    },
  };
}
