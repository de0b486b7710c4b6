import { z } from 'zod';
import { refuseExposed } from '../../config/index.ts';
import { createMllpDestination, createMllpSource, hl7ContentType } from '../../connectors/hl7v2/index.ts';
import type { DestinationKind, SourceKind } from '../../pipelines/channel/catalog.ts';
import { loadTls } from '../../platform/security/tls-material.ts';
import type { CatalogParts } from './catalog.ts';
import { clientTls, clientTlsSchema } from './client-tls.ts';

const port = z.number().int().min(0).max(65_535);
const serverTlsSchema = z.strictObject({ key: z.string(), cert: z.string(), ca: z.string().optional() });

const sourceSettings = z.strictObject({
  host: z.string().min(1).optional(),
  port: port.optional(),
  tls: serverTlsSchema.optional(),
  /** Refuse with AR what the lists do not name; an empty list takes all. */
  strict: z
    .strictObject({ types: z.array(z.string()).default([]), versions: z.array(z.string()).default([]) })
    .optional(),
});

/** `hl7v2` as a door: MLLP. Host, port and TLS are those of the settings unless the channel has its own. */
export function hl7SourceKind({
  config,
  keys,
  site,
  running,
}: CatalogParts): SourceKind<z.output<typeof sourceSettings>> {
  const addressOf = ({ host, port }: z.output<typeof sourceSettings>) => ({
    host: host ?? config.hl7v2.host,
    port: port ?? config.hl7v2.port,
  });
  const protectionOf = async (settings: z.output<typeof sourceSettings>, channel: string) => {
    const { host } = addressOf(settings);
    const references = settings.tls ?? config.hl7v2.tls;
    const tls = references ? await loadTls(references, keys) : undefined;
    const hasTls = tls !== undefined;
    refuseExposed({ name: `channel ${channel}`, host, hasTls, hasCredentials: tls?.requestCert === true });
    return tls;
  };
  return {
    kind: 'hl7v2',
    messageKind: 'hl7v2',
    settings: sourceSettings,
    door(settings) {
      const { host, port } = addressOf(settings);
      return port === 0 ? null : `${host}:${port}`;
    },
    async check(settings, { channel }) {
      await protectionOf(settings, channel);
    },
    async create(settings, { channel, ack }) {
      const tls = await protectionOf(settings, channel);
      return createMllpSource({
        ...running().ports,
        name: channel,
        ...addressOf(settings),
        ack: ack.moment,
        fallbackCharset: site.fallbackCharset,
        messageBytesMax: config.hl7v2.limits.messageBytesMax,
        connectionsMax: config.hl7v2.limits.connectionsMax,
        frameIdleMs: config.hl7v2.limits.idleMs,
        bufferedBytesMax: config.hl7v2.limits.bufferedBytesMax,
        ...(settings.strict ? { strict: settings.strict } : {}),
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

const destinationSettings = z.strictObject({
  host: z.string().min(1),
  port: port.min(1),
  tls: clientTlsSchema.optional(),
  concurrency: z.number().int().min(1).max(256).optional(),
  answerMs: z.number().int().min(100).max(3_600_000).optional(),
  /** What AE, AR, CE and CR mean: by the standard, always try again, or never. */
  negativeAnswer: z.enum(['by-condition', 'retry', 'dead']).optional(),
  awaitsApplication: z.boolean().optional(),
});

/** `hl7v2` as a destination: sends HL7 v2 as it came or as a map made it. */
export function hl7DestinationKind({
  keys,
  outbound,
  running,
}: CatalogParts): DestinationKind<z.output<typeof destinationSettings>> {
  return {
    kind: 'hl7v2',
    settings: destinationSettings,
    takes: (contentType) => contentType === hl7ContentType,
    async check({ host, tls }) {
      outbound.check(host);
      if (tls) await clientTls(tls, keys);
    },
    async create({ tls, answerMs, concurrency, negativeAnswer, awaitsApplication, host, port }, { name }) {
      return createMllpDestination({
        ...running().ports,
        name,
        host,
        port,
        ...(outbound.lookup ? { lookup: outbound.lookup } : {}),
        ...(tls ? { tls: await clientTls(tls, keys) } : {}),
        ...(answerMs ? { answerMs } : {}),
        ...(concurrency ? { concurrency } : {}),
        ...(negativeAnswer ? { negativeAnswer } : {}),
        ...(awaitsApplication === undefined ? {} : { awaitsApplication }),
      });
    },
  };
}
