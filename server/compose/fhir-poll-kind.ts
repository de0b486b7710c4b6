import { z } from 'zod';
import { createFhirPollSource, cursorKey } from '../../connectors/fhir/index.ts';
import { resourceTypeNames } from '../../formats/fhir/index.ts';
import type { SourceKind } from '../../pipelines/channel/catalog.ts';
import { cursorScope } from '../../pipelines/process/cursor.ts';
import type { CatalogParts } from './catalog.ts';
import { checkClient, clientSettings, httpAuth, httpTls } from './http-client-settings.ts';

const settings = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  /** What is asked for; each change is a message. */
  types: z
    .array(z.string().refine((type) => resourceTypeNames().has(type), 'R4 has no resource type of this name'))
    .min(1)
    .max(32),
  /** Further search parameters: `status=final,amended`. */
  query: z
    .string()
    .max(1_000)
    .refine(
      (text) => !/(^|&)_(lastUpdated|sort|count)=/.test(text),
      '_lastUpdated, _sort and _count are ours',
    )
    .optional(),
  everyMs: z.number().int().min(100).max(86_400_000).default(10_000),
  overlapMs: z.number().int().min(0).max(3_600_000).default(5_000),
  pageSize: z.number().int().min(1).max(1_000).default(100),
  /** Where the first round begins; left out: when the channel first starts. */
  since: z.iso.datetime({ offset: true }).optional(),
  followDepth: z.number().int().min(0).max(5).default(3),
  auth: httpAuth.optional(),
  tls: httpTls.optional(),
});

/** `fhir-poll` as a source: what changed on a FHIR server that sends nothing by itself. */
export function fhirPollKind({
  keys,
  outbound,
  running,
}: CatalogParts): SourceKind<z.output<typeof settings>> {
  return {
    kind: 'fhir-poll',
    messageKind: 'fhir',
    settings,
    async check({ url, auth, tls }) {
      await checkClient({ url, auth, tls }, outbound);
    },
    async create({ auth, tls, query, since, ...asked }, { channel }) {
      const { ports, polls } = running();
      const readCursor = async (type: string): Promise<string | undefined> => {
        const key = cursorKey(type);
        const [found] = await ports.store.readStates([
          { scope: cursorScope(channel), key, withItems: false },
        ]);
        return typeof found?.value === 'string' ? found.value : undefined;
      };
      const source = createFhirPollSource({
        ...asked,
        name: channel,
        readCursor,
        ports: { ...ports, keys },
        ...(query === undefined ? {} : { query }),
        ...(since === undefined ? {} : { since }),
        ...(outbound.lookup ? { lookup: outbound.lookup } : {}),
        ...(await clientSettings({ auth, tls })),
      });
      polls.set(channel, source);
      return source;
    },
  };
}
