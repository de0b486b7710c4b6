import { z } from 'zod';
import { createFhirDestination, createFhirIngest } from '../../connectors/fhir/index.ts';
import type { DestinationKind, SourceKind } from '../../pipelines/channel/catalog.ts';
import { fhirContentType } from '../../pipelines/steps/map-hl7.ts';
import { version } from '../version.ts';
import type { CatalogParts } from './catalog.ts';
import { pem } from './client-tls.ts';

const secret = z.string().regex(/^(file:.+|env:[A-Za-z_]\w*)$/, 'a reference: file:/path or env:NAME');

const auth = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('bearer'), token: secret }),
  z.strictObject({ kind: z.literal('basic'), user: z.string(), password: secret }),
  z.strictObject({
    kind: z.literal('client-credentials'),
    tokenUrl: z.url(),
    clientId: z.string(),
    clientSecret: secret,
    scope: z.string().optional(),
  }),
  z.strictObject({
    kind: z.literal('smart-backend'),
    tokenUrl: z.url(),
    clientId: z.string(),
    privateKey: secret,
    keyId: z.string(),
    algorithm: z.enum(['RS384', 'ES384']),
    scope: z.string(),
  }),
]);

const settings = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  auth: auth.optional(),
  tls: z
    .strictObject({ ca: z.string().optional(), cert: z.string().optional(), key: secret.optional() })
    .optional(),
  concurrency: z.number().int().min(1).max(256).optional(),
  gzip: z.boolean().optional(),
});

/** `fhir` as a destination: transactions and conditional requests to a FHIR R4 server. */
export function fhirDestinationKind({
  ports,
  keys,
}: CatalogParts): DestinationKind<z.output<typeof settings>> {
  return {
    kind: 'fhir',
    settings,
    takes: (contentType) => contentType === fhirContentType,
    async create({ url, auth, tls, concurrency, gzip }) {
      const { clock, random, blobs } = ports;
      return createFhirDestination({
        url,
        ports: { clock, random, keys, blobs },
        ...(auth ? { auth: withoutUndefined(auth) } : {}),
        ...(tls ? { tls: await tlsOf(tls) } : {}),
        ...(concurrency ? { concurrency } : {}),
        ...(gzip === undefined ? {} : { gzip }),
      });
    },
  };
}

type Auth = NonNullable<Parameters<typeof createFhirDestination>[0]['auth']>;

function withoutUndefined(value: z.output<typeof auth>): Auth {
  return Object.fromEntries(
    Object.entries(value).filter(([, part]) => part !== undefined),
  ) as unknown as Auth;
}

async function tlsOf({
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
export function fhirSourceKind({ ports, httpSources }: CatalogParts): SourceKind<unknown> {
  return {
    kind: 'fhir',
    messageKind: 'fhir',
    settings: z.strictObject({}),
    create() {
      const source = createFhirIngest({
        ...ports,
        version,
        senderOf: (request) => request.caller?.subject ?? '',
      });
      httpSources.push(source);
      return source;
    },
  };
}
