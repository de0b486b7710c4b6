import type { SiteSettings } from '../../site.ts';
import { decodedUrlText } from './url-text.ts';

/** HL7 HD: namespace id, universal id, its type. */
export type Assigner = readonly [namespaceId: string, universalId: string, universalIdType: string];

const none: Assigner = ['', '', ''];
const oid = /^[0-2](\.(0|[1-9]\d*))+$/;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The assigner of an identifier system: the way back of `siteSystems`, so that an id that came in by HL7 leaves under the name that it had.
 * Systems of our own that stand for "no assigner" have none.
 */
export function assignersOf(site: SiteSettings): (system: string) => Assigner {
  const known = new Map<string, Assigner>();
  for (const [name, system] of Object.entries(site.assigners)) {
    const [namespaceId, universalId, type] = known.get(system) ?? none;
    const isUniversal = oid.test(name) || uuid.test(name);
    if (!isUniversal) known.set(system, [namespaceId || name, universalId, type]);
    else if (universalId === '') known.set(system, [namespaceId, name, oid.test(name) ? 'ISO' : 'UUID']);
  }
  const named = `${site.localSystem}/assigner/`;
  return (system) => {
    const found = known.get(system);
    if (found !== undefined) return found;
    if (system.startsWith(named)) return [decodedUrlText(system.slice(named.length)), '', ''];
    if (system === '' || system.startsWith(`${site.localSystem}/`)) return none;
    if (system.startsWith('urn:oid:')) return ['', system.slice(8), 'ISO'];
    if (system.startsWith('urn:uuid:')) return ['', system.slice(9), 'UUID'];
    return ['', system, 'URI'];
  };
}
