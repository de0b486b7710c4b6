import { getStatus, normalizeOperationOutcome, OperationOutcomeError } from '@medplum/core';
import { FhirRouter, type HttpMethod } from '@medplum/fhir-router';
import type { Bundle, OperationOutcome, Resource } from '@medplum/fhirtypes';
import { hasErrors, isObject, outcomeOfIssues, textOf, validate } from '../../formats/fhir/index.ts';
import { SandboxRepository, type Write } from './repository.ts';
import { EntryRefused, prepareTransaction, refuseFailedEntries } from './transaction.ts';

export interface EhrRequest {
  readonly method: HttpMethod;
  /** Relative to the base: `Patient?identifier=a|b`; empty for a Bundle. */
  readonly url: string;
  readonly body: unknown;
  readonly headers: { readonly [name: string]: string | undefined };
}

export interface EhrAnswer {
  readonly status: number;
  readonly body: OperationOutcome | Resource;
}

export interface EhrStats {
  readonly requests: number;
  readonly transactions: { readonly committed: number; readonly rolledBack: number };
  readonly resources: { readonly [resourceType: string]: number };
  /** By `Type|system|value` of the first identifier, or `Type/id`: how often it was created and updated. */
  readonly writes: { readonly [identity: string]: { readonly created: number; readonly updated: number } };
}

/** A FHIR R4 server in memory. Requests take turns, so that two conditional requests for one resource see each other. */
export class SandboxEhr {
  readonly #repository = new SandboxRepository();
  readonly #router = new FhirRouter();
  readonly #writes = new Map<string, { created: number; updated: number }>();
  readonly #onWrite: (write: Write, request: EhrRequest) => void;
  #last: Promise<unknown> = Promise.resolve();
  #requests = 0;
  #committed = 0;
  #rolledBack = 0;

  constructor(onWrite: (write: Write, request: EhrRequest) => void = () => {}) {
    this.#onWrite = onWrite;
  }

  handle(request: EhrRequest): Promise<EhrAnswer> {
    const turn = this.#last.then(() => this.#answer(request));
    this.#last = turn;
    return turn;
  }

  stats(): EhrStats {
    return {
      requests: this.#requests,
      transactions: { committed: this.#committed, rolledBack: this.#rolledBack },
      resources: this.#repository.counts(),
      writes: Object.fromEntries(this.#writes),
    };
  }

  async #answer(request: EhrRequest): Promise<EhrAnswer> {
    this.#requests += 1;
    try {
      const refusal = refusalOf(request);
      if (refusal) return refusal;
      const isTransaction =
        request.url === '' && isObject(request.body) && textOf(request.body, 'type') === 'transaction';
      const answer = isTransaction ? await this.#transaction(request) : await this.#route(request);
      for (const write of this.#repository.takeWrites()) this.#count(write, request);
      return answer;
    } catch (error) {
      this.#repository.takeWrites();
      const outcome =
        error instanceof OperationOutcomeError ? error.outcome : normalizeOperationOutcome(error);
      return { status: error instanceof EntryRefused ? error.status : getStatus(outcome), body: outcome };
    }
  }

  async #transaction(request: EhrRequest): Promise<EhrAnswer> {
    try {
      const answer = await this.#repository.withTransaction(async () => {
        await prepareTransaction(request.body as Bundle, this.#repository);
        const routed = await this.#route(request);
        if (routed.status < 400) refuseFailedEntries(routed.body as Bundle);
        else throw new OperationOutcomeError(routed.body as OperationOutcome);
        return routed;
      });
      this.#committed += 1;
      return { status: answer.status, body: withoutBodies(answer.body as Bundle, request.headers.prefer) };
    } catch (error) {
      this.#rolledBack += 1;
      throw error;
    }
  }

  async #route(request: EhrRequest): Promise<EhrAnswer> {
    const [outcome, resource] = await this.#router.handleRequest(
      {
        method: request.method,
        url: request.url,
        pathname: '',
        params: {},
        query: {},
        body: request.body,
        headers: request.headers,
        // The router's own transactions refuse more than 8 conditional entries and do not roll back: ours surround it.
        config: { transactions: false },
      },
      this.#repository,
    );
    return { status: getStatus(outcome), body: resource ?? outcome };
  }

  #count(write: Write, request: EhrRequest): void {
    const identity = identityOf(write.resource);
    const counts = this.#writes.get(identity) ?? { created: 0, updated: 0 };
    this.#writes.set(identity, counts);
    if (write.action === 'create') counts.created += 1;
    else counts.updated += 1;
    this.#onWrite(write, request);
  }
}

export function identityOf(resource: Resource): string {
  const identifier = 'identifier' in resource ? [resource.identifier].flat()[0] : undefined;
  if (!identifier?.value) return `${resource.resourceType}/${resource.id}`;
  return `${resource.resourceType}|${identifier.system ?? ''}|${identifier.value}`;
}

/** What is not valid R4 is refused before anything is written. */
function refusalOf(request: EhrRequest): EhrAnswer | undefined {
  if (request.method !== 'POST' && request.method !== 'PUT') return undefined;
  if (request.url.includes('$') || request.url.includes('_search')) return undefined;
  const issues = validate(request.body);
  if (!hasErrors(issues)) return undefined;
  // Ours is the same resource, read-only; the types of the package are not.
  return { status: 422, body: outcomeOfIssues(issues, 'BH_FHIR_INVALID') as unknown as OperationOutcome };
}

function withoutBodies(response: Bundle, prefer: string | undefined): Bundle {
  if (prefer?.includes('return=representation')) return response;
  const entry = (response.entry ?? []).map((one) => {
    const isRead = one.resource?.resourceType === 'Bundle';
    return isRead || !one.response
      ? one
      : { response: { ...one.response, etag: `W/"${one.resource?.meta?.versionId}"` } };
  });
  return { ...response, entry };
}
