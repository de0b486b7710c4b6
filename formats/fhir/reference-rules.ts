import type { FhirIssue } from './issue.ts';
import { fieldOf, objectsIn, textOf, type UnknownObject } from './json-object.ts';
import type { Walk } from './structure-walk.ts';

/** ref-1: a reference `#id` names a resource that is contained in the outermost resource; `#` names that resource itself. */
export function localReferenceIssues(resource: UnknownObject, walk: Walk): FhirIssue[] {
  const local = walk.references.filter((reference) => reference.value.startsWith('#'));
  if (local.length === 0) return [];
  const ids = new Set(objectsIn(resource, 'contained').map((contained) => textOf(contained, 'id')));
  return local
    .filter((reference) => reference.value !== '#' && !ids.has(reference.value.slice(1)))
    .map(({ path }) => issue('invariant', path, 'ref-1: no contained resource has this id'));
}

/** A reference to a `urn:` is only known inside its Bundle: an entry with that fullUrl must be there (FHIR R4 §2.36.4.1). */
export function bundleReferenceIssues(bundle: UnknownObject, walks: readonly Walk[]): FhirIssue[] {
  const known = new Set(objectsIn(bundle, 'entry').map((entry) => textOf(entry, 'fullUrl')));
  const isTransaction = textOf(bundle, 'type') === 'transaction';
  const issues: FhirIssue[] = [];
  for (const { path, value } of walks.flatMap((walk) => walk.references)) {
    if (value.startsWith('urn:') && !known.has(value)) {
      issues.push(issue('not-found', path, 'no entry of the Bundle has this fullUrl'));
    } else if (/^[A-Z][A-Za-z]+\?/.test(value) && !isTransaction) {
      issues.push(issue('invalid', path, 'a conditional reference is only allowed in a transaction'));
    }
  }
  return issues;
}

/** bdl-1 to bdl-12 in one linear pass, and that each entry's request speaks of the resource that it carries. */
export function bundleIssues(bundle: UnknownObject, path: string): FhirIssue[] {
  const type = textOf(bundle, 'type') ?? '';
  const entries = objectsIn(bundle, 'entry');
  const issues = headIssues(bundle, entries, type, path);
  const seen = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    const here = `${path}.entry[${index}]`;
    for (const text of entryFaults(entry, type)) issues.push(issue('invariant', here, text));
    const fullUrl = textOf(entry, 'fullUrl');
    if (fullUrl === undefined || type === 'history') continue;
    const identity = `${fullUrl}|${versionOf(entry)}`;
    if (seen.has(identity))
      issues.push(issue('invariant', `${here}.fullUrl`, 'bdl-7: fullUrl is not unique'));
    seen.add(identity);
  }
  return issues;
}

function headIssues(
  bundle: UnknownObject,
  entries: readonly UnknownObject[],
  type: string,
  path: string,
): FhirIssue[] {
  const first = entries[0] === undefined ? undefined : fieldOf(entries[0], 'resource');
  const firstType =
    typeof first === 'object' && first !== null ? textOf(first as UnknownObject, 'resourceType') : undefined;
  const identifier = objectsIn(bundle, 'identifier')[0];
  const isIdentified =
    identifier !== undefined && textOf(identifier, 'system') && textOf(identifier, 'value');
  const faults: [boolean, string][] = [
    [
      fieldOf(bundle, 'total') !== undefined && !['searchset', 'history'].includes(type),
      'bdl-1: total is for searches',
    ],
    [type === 'document' && !isIdentified, 'bdl-9: a document has an identifier with system and value'],
    [type === 'document' && fieldOf(bundle, 'timestamp') === undefined, 'bdl-10: a document has a timestamp'],
    [type === 'document' && firstType !== 'Composition', 'bdl-11: a document begins with a Composition'],
    [type === 'message' && firstType !== 'MessageHeader', 'bdl-12: a message begins with a MessageHeader'],
  ];
  return faults.filter(([isBroken]) => isBroken).map(([, text]) => issue('invariant', path, text));
}

function entryFaults(entry: UnknownObject, type: string): string[] {
  const faults: string[] = [];
  const has = (name: string) => fieldOf(entry, name) !== undefined;
  if (has('search') && type !== 'searchset') faults.push('bdl-2: search is for searches');
  if (has('request') !== ['batch', 'transaction', 'history'].includes(type)) {
    faults.push('bdl-3: request is for batch, transaction and history, and needed there');
  }
  if (has('response') !== ['batch-response', 'transaction-response', 'history'].includes(type)) {
    faults.push('bdl-4: response is for batch-response, transaction-response and history, and needed there');
  }
  if (!has('resource') && !has('request') && !has('response')) faults.push('bdl-5: an entry without content');
  if (textOf(entry, 'fullUrl')?.includes('/_history/')) faults.push('bdl-8: fullUrl names a version');
  if (!isRequestForResource(entry)) faults.push('request.url names another type than the resource');
  return faults;
}

function isRequestForResource(entry: UnknownObject): boolean {
  const request = objectsIn(entry, 'request')[0];
  const resource = objectsIn(entry, 'resource')[0];
  const url = request === undefined ? undefined : textOf(request, 'url');
  const method = request === undefined ? undefined : textOf(request, 'method');
  if (resource === undefined || url === undefined || (method !== 'POST' && method !== 'PUT')) return true;
  const named = /^([A-Z][A-Za-z]+)(?:[/?]|$)/.exec(url)?.[1];
  return named === undefined || url.includes('$') || named === textOf(resource, 'resourceType');
}

function versionOf(entry: UnknownObject): string {
  const meta = objectsIn(entry, 'resource').flatMap((resource) => objectsIn(resource, 'meta'))[0];
  return (meta && textOf(meta, 'versionId')) ?? '';
}

function issue(code: string, path: string, message: string): FhirIssue {
  return { severity: 'error', code, path, message };
}
