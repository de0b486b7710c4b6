import { parseMessage } from '../../formats/hl7v2/index.ts';
import {
  type BundleEntry,
  type Conversion,
  loadHl7ToFhirMap,
  parseSiteSettings,
  type Resource,
  type SiteSettings,
} from '../../mappings/index.ts';

/** The hospital of the mapping tests. */
export const site: SiteSettings = parseSiteSettings({
  namespace: '8a2c9a5e-5d0f-4b8e-9b7a-0d6f4a1c2e3b',
  zone: 'Europe/Berlin',
  localSystem: 'https://bithive.example/id',
  assigners: { HOSP: 'https://hosp.example/mrn', 'HOSP-VN': 'https://hosp.example/visit' },
  defaultAssigner: 'HOSP',
});

export const map = loadHl7ToFhirMap({ site });
export const receivedAtMs = Date.UTC(2026, 10, 22, 7, 0, 0);

export const messageOf = (...segments: readonly string[]) =>
  parseMessage(Buffer.from(`${segments.join('\r')}\r`));

export const header = (type: string, time = '20261122080000+0100'): string =>
  `MSH|^~\\&|HIS|HOSP|EHR|HOSP|${time}||${type}|C1|P|2.5.1|||AL|NE||UNICODE UTF-8`;

export const convert = (...segments: readonly string[]): Conversion =>
  map.convert(messageOf(...segments), { receivedAtMs, messageId: 7 });

export const entriesOf = ({ bundle }: Conversion, type: string): readonly BundleEntry[] =>
  bundle.entry.filter((entry) => entry.resource.resourceType === type);

export const resourcesOf = (conversion: Conversion, type: string): readonly Resource[] =>
  entriesOf(conversion, type).map((entry) => entry.resource);

/** The only resource of that type. */
export function resourceOf(conversion: Conversion, type: string): Resource {
  const found = resourcesOf(conversion, type);
  if (found.length !== 1) throw new RangeError(`${found.length} resources of type ${type}`);
  return found[0] as Resource;
}
