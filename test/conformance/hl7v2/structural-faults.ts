import { validate } from '../../../formats/fhir/index.ts';
import { type Bundle, type Conversion, printBundle } from '../../../mappings/index.ts';

/**
 * What a strict FHIR server would refuse in a conversion: elements, cardinalities, required codes and invariants of R4, references that
 * lead nowhere, elements without content, two entries that write the same resource.
 */
export function structuralFaults(conversion: Conversion): readonly string[] {
  const { bundle, before } = conversion;
  const faults: string[] = [];
  const ensured = (before?.entry ?? []).map(({ request }) => `${request.url}?${request.ifNoneExist}`);
  for (const one of before === undefined ? [bundle] : [before, bundle]) {
    const content: unknown = JSON.parse(printBundle(one));
    for (const { severity, path, message } of validate(content))
      if (severity === 'error') faults.push(`${path}: ${message}`);
    addHollow(content, 'Bundle', faults);
    faults.push(...danglingReferences(one, content, ensured), ...repeatedRequests(one));
  }
  return faults;
}

/** A reference is to an entry, to a contained resource, or a conditional one to what the Bundle before made sure of. */
function danglingReferences(bundle: Bundle, content: unknown, ensured: readonly string[]): readonly string[] {
  const known = new Set([...ensured, ...bundle.entry.map((entry) => entry.fullUrl)]);
  const faults: string[] = [];
  JSON.stringify(content, (name, value: unknown) => {
    if (name === 'reference' && typeof value === 'string' && !value.startsWith('#') && !known.has(value))
      faults.push(`reference to ${value}, which is not in the Bundle`);
    return value;
  });
  return faults;
}

/** FHIR transactions may name a resource once (R4 3.1.0.11.2). */
function repeatedRequests({ entry }: Bundle): readonly string[] {
  const seen = new Set<string>();
  const faults: string[] = [];
  for (const { request } of entry) {
    const text = `${request.url}?${request.ifNoneExist ?? ''}`;
    if (request.method !== 'POST' || request.ifNoneExist !== undefined) {
      if (seen.has(text)) faults.push(`two entries write ${text}`);
      seen.add(text);
    }
  }
  return faults;
}

/** Objects, lists and texts without content (R4 2.6.2: JSON has no empty ones). A null holds a place in a list of primitives only. */
function addHollow(value: unknown, path: string, faults: string[]): void {
  if (value === '') faults.push(`${path}: an empty text`);
  if (typeof value !== 'object' || value === null) return;
  const inner = Object.entries(value);
  if (inner.length === 0) faults.push(`${path}: without content`);
  for (const [name, one] of inner) {
    if (one === null && !Array.isArray(value)) faults.push(`${path}.${name}: null`);
    addHollow(one, Array.isArray(value) ? `${path}[${name}]` : `${path}.${name}`, faults);
  }
}
