import { token } from '../identity/requests.ts';
import type { SiteSettings } from '../site.ts';
import type { Bundle, BundleEntry, FhirObject, FhirValue, Resource } from './bundle.ts';

/**
 * Resources that a message ends without describing them (the Patient of MRG, HL7 v2.5.1 3.3.3.40): what the receiver knows of them stays,
 * only `active` and `link` change. A PUT would take the place of the whole record.
 *
 * Such a resource is written by PATCH (FHIR R4 3.1.0.7, in a transaction as a Binary of JSON Patch, 3.1.0.11). Two things follow:
 * - A PATCH of what is not there fails the transaction, and a transaction must not name one resource twice. So a transaction of its own goes
 *   first, which creates the resource, as far as the message tells of it, only where there is none.
 * - No server rewrites `urn:uuid:` inside a Binary: there the link is a logical reference, by identifier. References to the resource from
 *   the rest of the Bundle are conditional ones, for a PATCH entry is not the resource that its fullUrl would name.
 *
 * The links that the receiver has are replaced: JSON Patch cannot append to a list of which it does not know whether it is there.
 */
export function splitRetired(
  bundle: Bundle,
  site: SiteSettings,
): { readonly bundle: Bundle; readonly before?: Bundle } {
  const retired = bundle.entry.filter(isRetired);
  if (retired.length === 0) return { bundle };
  const urls = new Map(retired.map(({ fullUrl, request }) => [fullUrl, request.url]));
  const entry = bundle.entry.map((one) =>
    isRetired(one)
      ? patchOf(one, bundle, site)
      : { ...one, resource: withReferences(one.resource, urls) as Resource },
  );
  // Where the site writes ids, a PUT would create it and overwrite it alike: it must be there already.
  if (site.write === 'client-id') return { bundle: { ...bundle, entry } };
  return { bundle: { ...bundle, entry }, before: { ...bundle, entry: retired.map(ensured) } };
}

/**
 * For a file, which knows no receiver: the retired resource stands in the Bundle as far as the message tells of it, to be written whole.
 */
export function withoutPatches(bundle: Bundle): Bundle {
  const entry = bundle.entry.map((one) =>
    isRetired(one) ? { ...one, request: { ...one.request, method: 'PUT' as const } } : one,
  );
  return { ...bundle, entry };
}

const isRetired = ({ request }: BundleEntry): boolean => request.method === 'PATCH';

function ensured({ fullUrl, resource, request }: BundleEntry): BundleEntry {
  const { link: _link, ...known } = resource;
  const [url = '', ifNoneExist = ''] = request.url.split('?');
  return { fullUrl, resource: known as Resource, request: { method: 'POST', url, ifNoneExist } };
}

/** `add` of a member that is there replaces it (RFC 6902 4.1): a second run changes nothing. */
function patchOf(
  { fullUrl, resource, request }: BundleEntry,
  bundle: Bundle,
  site: SiteSettings,
): BundleEntry {
  const links = (resource.link as FhirObject[] | undefined) ?? [];
  const patch = [
    { op: 'add', path: '/active', value: resource.active ?? false },
    {
      op: 'add',
      path: '/link',
      value: links.map((link) => ({ ...link, other: standing(link.other as FhirObject, bundle, site) })),
    },
  ];
  const data = Buffer.from(JSON.stringify(patch)).toString('base64');
  return {
    fullUrl,
    resource: { resourceType: 'Binary', contentType: 'application/json-patch+json', data },
    request,
  };
}

/** A reference that means the same outside of this Bundle. */
function standing(reference: FhirObject, bundle: Bundle, site: SiteSettings): FhirObject {
  const other = bundle.entry.find(({ fullUrl }) => fullUrl === reference.reference);
  if (other === undefined) return reference;
  if (site.write === 'client-id') return { reference: other.request.url };
  const identifiers = (other.resource.identifier as FhirObject[] | undefined) ?? [];
  const isKey = ({ system, value }: FhirObject): boolean =>
    typeof system === 'string' &&
    typeof value === 'string' &&
    other.request.url.endsWith(`=${token({ system, value })}`);
  const { system, value } = identifiers.find(isKey) ?? identifiers[0] ?? {};
  return { type: other.resource.resourceType, identifier: { system, value } as FhirObject };
}

/** A copy with the references replaced; what holds none is the same object, so that digits and texts kept beside it stay. */
function withReferences(value: FhirValue, urls: ReadonlyMap<string, string>): FhirValue {
  if (typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    const copy = value.map((inner) => withReferences(inner, urls));
    return copy.some((inner, at) => inner !== value[at]) ? copy : value;
  }
  let copy: FhirObject | undefined;
  for (const [name, inner] of Object.entries(value)) {
    const url = name === 'reference' && typeof inner === 'string' ? urls.get(inner) : undefined;
    const next = url ?? withReferences(inner, urls);
    if (next !== inner) copy = { ...(copy ?? value), [name]: next };
  }
  return copy ?? value;
}
