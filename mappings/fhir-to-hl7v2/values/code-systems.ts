import type { CodeTable } from '../../hl7v2/compiler/code-table.ts';
import type { SiteSettings } from '../../site.ts';
import { decodedUrlText } from './url-text.ts';

const v2Table = /^http:\/\/terminology\.hl7\.org\/CodeSystem\/v2-(\d{4})$/;

/**
 * Name of a coding system as HL7 table 0396 has it: the way back of the registry by which codes come in. The first name of the registry is the
 * system's; one that has none keeps its URI, which says more than `L` (local) would.
 */
export function codeSystemNames(registry: CodeTable, site: SiteSettings): (system: string) => string {
  const names = new Map<string, string>();
  for (const { source, target, equivalence } of registry.rows) {
    if (!names.has(target) && equivalence === 'equivalent') names.set(target, source);
  }
  for (const { source, target } of registry.rows) if (!names.has(target)) names.set(target, source);
  // Several names stand for one system; these are the ones of table 0396.
  names.set('http://www.ama-assn.org/go/cpt', 'C4');
  const local = `${site.localSystem}/code-system/`;
  return (system) => {
    const known = names.get(system);
    if (known !== undefined) return known;
    const table = v2Table.exec(system)?.[1];
    if (table !== undefined) return `HL7${table}`;
    if (system.startsWith(local)) return decodedUrlText(system.slice(local.length));
    return system.startsWith('urn:oid:') ? system.slice(8) : system;
  };
}
