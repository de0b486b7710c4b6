import { z } from 'zod';
import { createFhirDestination, createFhirIngest } from '../../connectors/fhir/index.ts';
import { fhirBinaryContentType } from '../../core/document.ts';
import type { DestinationKind, SourceKind } from '../../pipelines/channel/catalog.ts';
import { fhirContentType } from '../../pipelines/steps/map-hl7.ts';
import { version } from '../version.ts';
import type { CatalogParts } from './catalog.ts';
import { checkClient, clientSettings, httpAuth, httpTls } from './http-client-settings.ts';

const settings = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  auth: httpAuth.optional(),
  tls: httpTls.optional(),
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
      await checkClient({ url, auth, tls }, outbound);
    },
    async create({ url, auth, tls, concurrency, gzip }) {
      const { clock, random, blobs } = running().ports;
      return createFhirDestination({
        url,
        ports: { clock, random, keys, blobs },
        ...(outbound.lookup ? { lookup: outbound.lookup } : {}),
        ...(await clientSettings({ auth, tls })),
        ...(concurrency ? { concurrency } : {}),
        ...(gzip === undefined ? {} : { gzip }),
      });
    },
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
