import type { SiteSettings } from '../site.ts';

/** Who assigned an identifier: HL7 HD (namespace id, universal id, its type) or DICOM's Issuer of Patient ID. */
export interface Assigner {
  readonly namespaceId: string;
  readonly universalId?: string;
  readonly universalIdType?: string;
}

/** Resolves assigners to identifier systems of one site. Pure; answers are kept because a hospital has few assigners. */
export interface Systems {
  /** `space` names what is identified when the assigner is empty: `patient`, `encounter`, `placer-order` ... */
  of(assigner: Assigner, space: string): string;
  /** A system of ours: `<localSystem>/<space>`. */
  local(space: string): string;
}

const keptMax = 10_000;

/**
 * The order: the site's table by universal id, by namespace id; then the universal id as a URI; then the namespace id under our own
 * base. HD.1 is a namespace id, never a URI (the v2-to-FHIR sheets take it for one).
 */
export function siteSystems(site: SiteSettings): Systems {
  const kept = new Map<string, string>();
  // A site that names one assigner has one: an image without an issuer is of the same patient as the order.
  const names = Object.keys(site.assigners);
  const defaultAssigner = site.defaultAssigner ?? (names.length === 1 ? names[0] : undefined);
  const local = (space: string): string => `${site.localSystem}/${space}`;
  const resolve = (assigner: Assigner, space: string): string => {
    const { namespaceId, universalId = '', universalIdType = '' } = assigner;
    const known = lookUp(site.assigners, universalId) ?? lookUp(site.assigners, namespaceId);
    if (known !== undefined) return known;
    const universal = universalUri(universalId, universalIdType);
    if (universal !== undefined) return universal;
    if (namespaceId !== '') return local(`assigner/${encodeURIComponent(namespaceId)}`);
    if (universalId !== '') return local(`assigner/${encodeURIComponent(universalId)}`);
    if (space !== 'patient' || defaultAssigner === undefined) return local(space);
    return resolve({ namespaceId: defaultAssigner }, 'none');
  };
  return {
    local,
    of(assigner, space) {
      const key = `${assigner.namespaceId}|${assigner.universalId ?? ''}|${assigner.universalIdType ?? ''}|${space}`;
      const before = kept.get(key);
      if (before !== undefined) return before;
      const system = resolve(assigner, space);
      if (kept.size < keptMax) kept.set(key, system);
      return system;
    },
  };
}

function lookUp(table: SiteSettings['assigners'], name: string): string | undefined {
  return name !== '' && Object.hasOwn(table, name) ? table[name] : undefined;
}

const oid = /^[0-2](\.(0|[1-9]\d*))+$/;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** HD.2 with HD.3 as a URI: only when it has the form that its type says. */
export function universalUri(universalId: string, type: string): string | undefined {
  if (oid.test(universalId) && (type === 'ISO' || type === '')) return `urn:oid:${universalId}`;
  if (uuid.test(universalId)) return `urn:uuid:${universalId.toLowerCase()}`;
  if (type === 'URI' && /^[a-z][a-z0-9+.-]*:[^\s|]+$/i.test(universalId)) return universalId;
  return undefined;
}
