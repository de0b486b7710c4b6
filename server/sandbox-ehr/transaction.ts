import {
  badRequest,
  getReferenceString,
  OperationOutcomeError,
  parseSearchRequest,
  preconditionFailed,
} from '@medplum/core';
import type { FhirRepository } from '@medplum/fhir-router';
import type { Bundle, BundleEntry, OperationOutcome, Resource } from '@medplum/fhirtypes';

/** A transaction's entry was refused: the whole is undone and answered with its outcome (FHIR R4 §3.1.0.11). */
export class EntryRefused extends OperationOutcomeError {
  readonly status: number;
  constructor(status: number, index: number, outcome: OperationOutcome | undefined) {
    const expression = `Bundle.entry[${index}]`;
    const issue = (outcome?.issue ?? [{ severity: 'error', code: 'processing' }]).map((one) => ({
      ...one,
      expression: [expression, ...(one.expression ?? [])],
    })) as OperationOutcome['issue'];
    super({ resourceType: 'OperationOutcome', issue });
    this.status = status;
  }
}

/** What `@medplum/fhir-router` leaves undone before it runs the entries. */
export async function prepareTransaction(bundle: Bundle, repository: FhirRepository): Promise<void> {
  const entries = bundle.entry ?? [];
  refuseSameTarget(entries);
  for (const [index, entry] of entries.entries()) {
    refuseEmptyCriteria(entry, index);
    if (entry.resource) await resolveReferences(entry.resource, index, repository);
  }
}

/** The router's answer has one response per entry; the first that failed decides. */
export function refuseFailedEntries(response: Bundle): void {
  for (const [index, entry] of (response.entry ?? []).entries()) {
    const status = Number.parseInt(entry.response?.status ?? '500', 10);
    if (status >= 400)
      throw new EntryRefused(status, index, entry.response?.outcome as OperationOutcome | undefined);
  }
}

/** FHIR R4 §3.1.0.11.2: a transaction fails when two entries speak of one resource. */
function refuseSameTarget(entries: readonly BundleEntry[]): void {
  const seen = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    const { method, url, ifNoneExist } = entry.request ?? {};
    const target = method === 'POST' ? ifNoneExist && `${url}?${ifNoneExist}` : url;
    for (const identity of [method === 'GET' ? undefined : target, entry.fullUrl]) {
      if (identity === undefined) continue;
      if (seen.has(identity))
        throw new EntryRefused(400, index, badRequest('another entry has the same identity'));
      seen.add(identity);
    }
  }
}

function refuseEmptyCriteria(entry: BundleEntry, index: number): void {
  const { method, url, ifNoneExist } = entry.request ?? {};
  const isEmpty = ifNoneExist === '' || (method !== 'GET' && /\?$/.test(url ?? ''));
  if (isEmpty) throw new EntryRefused(412, index, preconditionFailed);
}

/** `Type?criteria` in a reference becomes the one resource that the server has before the transaction. */
async function resolveReferences(value: object, index: number, repository: FhirRepository): Promise<void> {
  for (const [name, child] of Object.entries(value) as [string, unknown][]) {
    if (typeof child === 'object' && child !== null) await resolveReferences(child, index, repository);
    else if (name === 'reference' && typeof child === 'string' && /^[A-Z][A-Za-z]+\?/.test(child)) {
      (value as { reference: string }).reference = await resolveOne(child, index, repository);
    }
  }
}

async function resolveOne(reference: string, index: number, repository: FhirRepository): Promise<string> {
  const found = await repository.searchResources<Resource>({ ...parseSearchRequest(reference), count: 2 });
  const [only] = found;
  if (only !== undefined && found.length === 1) return getReferenceString(only);
  const text = `conditional reference matches ${found.length === 0 ? 'nothing' : 'more than one resource'}`;
  throw new EntryRefused(found.length === 0 ? 400 : 412, index, badRequest(text));
}
