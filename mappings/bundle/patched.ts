import { token } from '../identity/requests.ts';
import type { SiteSettings } from '../site.ts';
import type { Bundle, BundleEntry, FhirObject, FhirValue, Resource } from './bundle.ts';

/**
 * Resources of which a message tells some elements and nothing of the others: the Patient of MRG (HL7 v2.5.1 3.3.3.40), a document whose
 * status changes without its content (MDM^T03). What the receiver knows of them stays; a PUT would take the place of the whole record.
 *
 * Such a resource is written by PATCH (FHIR R4 3.1.0.7, in a transaction as a Binary of JSON Patch, 3.1.0.11). Two things follow:
 * - A PATCH of what is not there fails the transaction, and a transaction must not name one resource twice. So a transaction of its own goes
 *   first, which creates the resource, as far as the message tells of it, only where there is none. What it refers to goes with it.
 * - No server rewrites `urn:uuid:` inside a Binary: there a reference is a logical one, by identifier. References to the resource from
 *   the rest of the Bundle are conditional ones, for a PATCH entry is not the resource that its fullUrl would name.
 *
 * Lists that the receiver has are replaced: JSON Patch cannot append to a list of which it does not know whether it is there.
 */
export function splitPatched(
  bundle: Bundle,
  site: SiteSettings,
): { readonly bundle: Bundle; readonly before?: Bundle } {
  const patches = bundle.entry.filter(isPatch);
  if (patches.length === 0) return { bundle };
  const urls = new Map(patches.map(({ fullUrl, request }) => [fullUrl, request.url]));
  const entries = new Map(bundle.entry.map((one) => [one.fullUrl, one]));
  const entry = bundle.entry.map((one) =>
    isPatch(one)
      ? patchOf(one, entries, site)
      : { ...one, resource: withReferences(one.resource, (url) => literal(urls.get(url))) as Resource },
  );
  // Where the site writes ids, a PUT would create it and overwrite it alike: it must be there already.
  if (site.write === 'client-id') return { bundle: { ...bundle, entry } };
  return { bundle: { ...bundle, entry }, before: { ...bundle, entry: ensuredAll(patches, entries) } };
}

/**
 * For a file, which knows no receiver: the patched resource stands in the Bundle as far as the message tells of it, to be written whole.
 */
export function withoutPatches(bundle: Bundle): Bundle {
  const entry = bundle.entry.map((one) =>
    isPatch(one) ? { ...one, request: { method: 'PUT' as const, url: one.request.url } } : one,
  );
  return { ...bundle, entry };
}

const isPatch = ({ request }: BundleEntry): boolean => request.method === 'PATCH';

const literal = (reference: string | undefined): FhirObject | undefined =>
  reference === undefined ? undefined : { reference };

/** The patched resources, to be created where there are none, and all that they refer to. */
function ensuredAll(
  patches: readonly BundleEntry[],
  entries: ReadonlyMap<string, BundleEntry>,
): readonly BundleEntry[] {
  const needed = new Map<string, BundleEntry>();
  const waiting = [...patches];
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    if (needed.has(one.fullUrl)) continue;
    const entry = isPatch(one) ? ensured(one) : one;
    needed.set(one.fullUrl, entry);
    for (const url of referencesOf(entry.resource)) {
      const other = entries.get(url);
      if (other !== undefined) waiting.push(other);
    }
  }
  return [...entries.keys()].map((url) => needed.get(url)).filter((one) => one !== undefined);
}

/** What the PATCH sets and refers to others with is left to the PATCH. */
function ensured({ fullUrl, resource, request }: BundleEntry): BundleEntry {
  const known: Resource = { ...resource };
  for (const name of request.patched ?? []) if (referencesOf(resource[name]).length > 0) delete known[name];
  const [url = '', ifNoneExist = ''] = request.url.split('?');
  return { fullUrl, resource: known, request: { method: 'POST', url, ifNoneExist } };
}

/** `add` of a member that is there replaces it (RFC 6902 4.1): a second run changes nothing. */
function patchOf(
  { fullUrl, resource, request }: BundleEntry,
  entries: ReadonlyMap<string, BundleEntry>,
  site: SiteSettings,
): BundleEntry {
  const { method, url, patched = [] } = request;
  const standing = (reference: string) => standingFor(entries.get(reference), site);
  const patch = patched.flatMap((name) => {
    const value = resource[name];
    return value === undefined
      ? []
      : [{ op: 'add', path: `/${name}`, value: withReferences(value, standing) }];
  });
  const data = Buffer.from(JSON.stringify(patch)).toString('base64');
  return {
    fullUrl,
    resource: { resourceType: 'Binary', contentType: 'application/json-patch+json', data },
    request: { method, url },
  };
}

/** A reference that means the same outside of this Bundle. */
function standingFor(other: BundleEntry | undefined, site: SiteSettings): FhirObject | undefined {
  if (other === undefined) return undefined;
  if (site.write === 'client-id') return { reference: other.request.url };
  const identifiers = (other.resource.identifier as FhirObject[] | undefined) ?? [];
  const isKey = ({ system, value }: FhirObject): boolean =>
    typeof system === 'string' &&
    typeof value === 'string' &&
    [other.request.url, other.request.ifNoneExist].some((url) =>
      url?.endsWith(`=${token({ system, value })}`),
    );
  const { system, value } = identifiers.find(isKey) ?? identifiers[0] ?? {};
  return { type: other.resource.resourceType, identifier: { system, value } as FhirObject };
}

function referencesOf(value: FhirValue | undefined): readonly string[] {
  const found: string[] = [];
  if (value !== undefined) {
    withReferences(value, (url) => {
      found.push(url);
      return undefined;
    });
  }
  return found;
}

/** A copy with the references replaced; what holds none is the same object, so that digits and texts kept beside it stay. */
function withReferences(value: FhirValue, replace: (reference: string) => FhirObject | undefined): FhirValue {
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    const copy = value.map((inner) => withReferences(inner, replace));
    return copy.some((inner, at) => inner !== value[at]) ? copy : value;
  }
  const { reference, ...others } = value;
  const other = typeof reference === 'string' ? replace(reference) : undefined;
  let copy: FhirObject | undefined = other === undefined ? undefined : { ...other, ...others };
  for (const [name, inner] of Object.entries(others)) {
    const next = withReferences(inner, replace);
    if (next !== inner) copy = { ...(copy ?? value), [name]: next };
  }
  return copy ?? value;
}
