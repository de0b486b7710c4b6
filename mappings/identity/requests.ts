import type { BundleEntry, Identifier, Resource } from '../bundle/bundle.ts';
import type { SiteSettings } from '../site.ts';

/**
 * How a resource is written (FHIR R4 3.1.0.11.2):
 * - `update`: the message says how the resource is now. `PUT Type?identifier=`.
 * - `revise`: what a model said, as long as nobody signed it. `PUT Type?identifier=&status=preliminary,cancelled`: a resource that somebody made final
 *   is not among these and stays as it is, with a new one beside it. Where the site writes ids, the caller gives each version its own.
 * - `ensure`: the message refers to it. `POST` with ifNoneExist, so that a richer record is never overwritten.
 * - `patch`: the message tells of some of its elements and nothing of the others. PATCH; `splitPatched` makes of the entry what a server takes.
 * - `record`: a fact about this message (MessageHeader, Provenance), written once. They have no identifier element: a tag carries it.
 */
export type WriteMode = 'update' | 'revise' | 'ensure' | 'patch' | 'record';

export function bundleEntry(
  site: SiteSettings,
  mode: WriteMode,
  uuid: string,
  resource: Resource,
  identifier: Identifier,
  patched: readonly string[] = [],
): BundleEntry {
  const fullUrl = `urn:uuid:${uuid}`;
  if (mode === 'record')
    resource.meta = {
      ...(resource.meta as object),
      tag: [{ system: identifier.system, code: identifier.value }],
    };
  if (site.write === 'client-id') {
    const { resourceType, ...rest } = resource;
    const url = `${resourceType}/${uuid}`;
    const entry = { fullUrl, resource: { resourceType, id: uuid, ...rest } };
    if (mode === 'patch') return { ...entry, request: { method: 'PATCH', url, patched } };
    return { ...entry, request: { method: 'PUT', url } };
  }
  const query = `${mode === 'record' ? '_tag' : 'identifier'}=${token(identifier)}`;
  const type = resource.resourceType;
  const url = `${type}?${query}`;
  if (mode === 'revise')
    return { fullUrl, resource, request: { method: 'PUT', url: `${url}&status=${unsigned}` } };
  if (mode === 'update') return { fullUrl, resource, request: { method: 'PUT', url } };
  if (mode === 'patch') return { fullUrl, resource, request: { method: 'PATCH', url, patched } };
  return { fullUrl, resource, request: { method: 'POST', url: type, ifNoneExist: query } };
}

/** States in which a result is the engine's own: no person has taken it over. */
const unsigned = 'preliminary,cancelled';

/** `system|value` of a search token, escaped for search (FHIR R4 3.1.1.4.0.1) and for the URL. */
export function token(identifier: Identifier): string {
  return `${urlText(identifier.system)}%7C${urlText(identifier.value)}`;
}

const plain = /^[A-Za-z0-9._~-]*$/;
const urlTexts = new Map<string, string>();
const urlTextsMax = 1_000;

/** Systems are few and long, values many and mostly plain: the first are kept, the second pass unchanged. */
function urlText(text: string): string {
  if (plain.test(text)) return text;
  const kept = urlTexts.get(text);
  if (kept !== undefined) return kept;
  const escaped = encodeURIComponent(text.replace(/[\\,$|]/g, '\\$&'));
  if (urlTexts.size < urlTextsMax) urlTexts.set(text, escaped);
  return escaped;
}
