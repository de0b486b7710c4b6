import { z } from 'zod';
import { isProtectedUrl } from '../../config/index.ts';
import { createFhirDestination, createFhirIngest } from '../../connectors/fhir/index.ts';
import { fhirBinaryContentType } from '../../core/document.ts';
import type { DestinationKind, SourceKind } from '../../pipelines/channel/catalog.ts';
import { fhirContentType } from '../../pipelines/steps/map-hl7.ts';
import { version } from '../version.ts';
import type { CatalogParts } from './catalog.ts';
import { pem } from './client-tls.ts';

const secret = z.string().regex(/^(file:.+|env:[A-Za-z_]\w*)$/, 'a reference: file:/path or env:NAME');

/** A secret goes to it: in the clear only where no network is between (RFC 6749 §3.2 asks for TLS). */
const tokenUrl = z
  .url({ protocol: /^https?$/ })
  .refine(isProtectedUrl, 'https: is required; http: only to this machine');

export const fhirAuth = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('bearer'), token: secret }),
  z.strictObject({ kind: z.literal('basic'), user: z.string(), password: secret }),
  z.strictObject({
    kind: z.literal('client-credentials'),
    tokenUrl,
    clientId: z.string(),
    clientSecret: secret,
    scope: z.string().optional(),
  }),
  z.strictObject({
    kind: z.literal('smart-backend'),
    tokenUrl,
    clientId: z.string(),
    privateKey: secret,
    keyId: z.string(),
    algorithm: z.enum(['RS384', 'ES384']),
    scope: z.string(),
  }),
]);

export const fhirTls = z.strictObject({
  ca: z.string().optional(),
  cert: z.string().optional(),
  key: secret.optional(),
});

const settings = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  auth: fhirAuth.optional(),
  tls: fhirTls.optional(),
  concurrency: z.number().int().min(1).max(256).optional(),
  gzip: z.boolean().optional(),
});

/** `fhir` as a destination: transactions and conditional requests to a FHIR R4 server. */
export function fhirDestinationKind({
  keys,
  outbound,
  running,
}: CatalogParts): DestinationKind<z.output<typeof settings>> {
  return {
    kind: 'fhir',
    settings,
    takes: (contentType) => contentType === fhirContentType || contentType === fhirBinaryContentType,
    async check({ url, auth, tls }) {
      outbound.check(new URL(url).hostname);
      if (auth && 'tokenUrl' in auth) outbound.check(new URL(auth.tokenUrl).hostname);
      if (tls) await tlsOf(tls);
    },
    async create({ url, auth, tls, concurrency, gzip }) {
      const { clock, random, blobs } = running().ports;
      return createFhirDestination({
        url,
        ports: { clock, random, keys, blobs },
        ...(outbound.lookup ? { lookup: outbound.lookup } : {}),
        ...(auth ? { auth: withoutUndefined(auth) } : {}),
        ...(tls ? { tls: await tlsOf(tls) } : {}),
        ...(concurrency ? { concurrency } : {}),
        ...(gzip === undefined ? {} : { gzip }),
      });
    },
  };
}

type Auth = NonNullable<Parameters<typeof createFhirDestination>[0]['auth']>;

export function withoutUndefined(value: z.output<typeof fhirAuth>): Auth {
  return Object.fromEntries(
    Object.entries(value).filter(([, part]) => part !== undefined),
  ) as unknown as Auth;
}

export async function tlsOf({
  ca,
  cert,
  key,
}: {
  ca?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
}) {
  return {
    ...(ca ? { ca: await pem(ca) } : {}),
    ...(cert ? { certificate: await pem(cert) } : {}),
    ...(key ? { privateKey: key } : {}),
  };
}

/** `fhir` as a door: `POST /fhir`. */
export function fhirSourceKind({ running }: CatalogParts): SourceKind<unknown> {
  return {
    kind: 'fhir',
    messageKind: 'fhir',
    settings: z.strictObject({}),
    door: () => '/fhir',
    create() {
      const { ports, httpSources, polls } = running();
      const source = createFhirIngest({
        ...ports,
        version,
        senderOf: (request) => request.caller?.subject ?? '',
        pinged: (subscription) => polls.get(subscription)?.lookNow(),
      });
      httpSources.push(source);
      return source;
    },
  };
}
