import { z } from 'zod';
import { refuseExposed } from '../../config/index.ts';
import { createDimseDestination, createDimseSource, type RemoteNode } from '../../connectors/dimse/index.ts';
import { dicomContentType, dicomResultContentType } from '../../core/dicom-object.ts';
import { BitHiveError } from '../../core/errors.ts';
import { studyQueryContentType } from '../../core/study-query.ts';
import type { DestinationKind, SourceKind } from '../../pipelines/channel/catalog.ts';
import { loadTls } from '../../platform/security/tls-material.ts';
import type { CatalogParts } from './catalog.ts';
import { clientTls, clientTlsSchema } from './client-tls.ts';
import { heldRecords } from './held-records.ts';

const aeTitle = z
  .string()
  .regex(/^(?=.*\S)[\x20-\x5b\x5d-\x7e]{1,16}$/, 'an AE title of at most 16 characters');
const port = z.number().int().min(0).max(65_535);

const sourceSettings = z.strictObject({
  host: z.string().min(1).optional(),
  port: port.optional(),
  aeTitle: aeTitle.optional(),
  /** Titles that may call; those of `dimse.peers` where the channel has none. */
  callingAes: z.array(aeTitle).optional(),
  tls: z.strictObject({ key: z.string(), cert: z.string(), ca: z.string().optional() }).optional(),
});
type SourceSettings = z.output<typeof sourceSettings>;

/** `dimse` as a door: a DICOM node. Address, title, callers and TLS are those of the settings unless the channel has its own. */
export function dimseSourceKind({
  config,
  keys,
  outbound,
  running,
}: CatalogParts): SourceKind<SourceSettings> {
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
      const own = nodeOf(settings);
      return own.port === 0 ? null : `${own.host}:${own.port}`;
    },
    async check(settings, { channel }) {
      await protectionOf(settings, channel);
    },
    async create(settings, { channel }) {
      const tls = await protectionOf(settings, channel);
      const { ports, commitments } = running();
      const own = nodeOf(settings);
      return createDimseSource({
        ...ports,
        name: channel,
        ...own,
        takesUnknown: dimse.unknownSopClasses === 'take',
        ...dimse.limits,
        records: heldRecords(ports),
        commitments,
        nodeOf(calledAe): RemoteNode | null {
          const peer = dimse.peers[calledAe];
          if (peer?.host === undefined || peer.port === undefined) return null;
          const lookup = outbound.lookup ? { lookup: outbound.lookup } : {};
          return { host: peer.host, port: peer.port, calledAe, callingAe: own.aeTitle, ...lookup };
        },
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

const ms = z.number().int().min(100).max(3_600_000);

const destinationSettings = z.strictObject({
  /** The archive's AE title. Its address is that of `dimse.peers` unless it stands beside. */
  ae: aeTitle,
  host: z.string().min(1).optional(),
  port: port.min(1).optional(),
  /** Ours; `dimse.aeTitle` when absent. */
  callingAe: aeTitle.optional(),
  tls: clientTlsSchema.optional(),
  /** What the engine made, what it passes on, or both. */
  send: z.enum(['results', 'originals', 'all']).default('results'),
  /** Delivered only when the archive vouches for the object. */
  commitment: z.boolean().default(false),
  concurrency: z.number().int().min(1).max(64).optional(),
  answerMs: ms.optional(),
  commitmentWaitMs: ms.optional(),
});
type DestinationSettings = z.output<typeof destinationSettings>;

/** `dimse` as a destination: objects to an archive by C-STORE; it also answers what is asked of a study (C-FIND, C-GET). */
export function dimseDestinationKind({
  config,
  keys,
  outbound,
  running,
}: CatalogParts): DestinationKind<DestinationSettings> {
  const addressOf = ({ ae, host, port }: DestinationSettings) => {
    const peer = config.dimse.peers[ae];
    const address = { host: host ?? peer?.host, port: port ?? peer?.port };
    if (address.host !== undefined && address.port !== undefined)
      return { host: address.host, port: address.port };
    throw new BitHiveError('BH_CONFIG_VALUE', `${ae}: host and port stand neither here nor in dimse.peers`);
  };
  return {
    kind: 'dimse',
    settings: destinationSettings,
    takes: (contentType, { send }) =>
      contentType === studyQueryContentType ||
      (send !== 'originals' && contentType === dicomResultContentType) ||
      (send !== 'results' && contentType === dicomContentType),
    async check(settings) {
      outbound.check(addressOf(settings).host);
      if (settings.tls) await clientTls(settings.tls, keys);
    },
    async create(settings, { name }) {
      const { ports, commitments } = running();
      const { ae, callingAe, tls, commitment, concurrency, answerMs, commitmentWaitMs } = settings;
      return createDimseDestination({
        ...ports,
        name,
        node: {
          ...addressOf(settings),
          calledAe: ae,
          callingAe: callingAe ?? config.dimse.aeTitle,
          ...(outbound.lookup ? { lookup: outbound.lookup } : {}),
          ...(tls ? { tls: await clientTls(tls, keys) } : {}),
        },
        ...(commitment ? { commitments } : {}),
        ...(concurrency ? { concurrency } : {}),
        ...(answerMs ? { answerMs } : {}),
        ...(commitmentWaitMs ? { commitmentWaitMs } : {}),
      });
    },
  };
}
