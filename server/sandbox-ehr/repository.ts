import { randomUUID } from 'node:crypto';
import {
  badRequest,
  formatSearchQuery,
  gone,
  matchesSearchRequest,
  normalizeOperationOutcome,
  notFound,
  OperationOutcomeError,
  preconditionFailed,
  type SearchRequest,
  type WithId,
} from '@medplum/core';
import { FhirRepository, MemoryRepository, type UpdateResourceOptions } from '@medplum/fhir-router';
import type { Bundle, Reference, Resource } from '@medplum/fhirtypes';
import { inOrder, matchesLastUpdated } from './last-updated.ts';
import { checkSearchable } from './search-parameters.ts';
import { type IndexedToken, indexedTokens, TokenIndex } from './token-index.ts';

/** One version that was written, for counts and the journal. */
export interface Write {
  readonly action: 'create' | 'update' | 'delete';
  readonly resource: WithId<Resource>;
  readonly version: number;
}

interface Stored {
  /** Oldest first; null marks a deletion. */
  readonly versions: (WithId<Resource> | null)[];
}

type PatchOperations = Parameters<FhirRepository['patchResource']>[2];

/** Reads, patches and updates through the repository that it is called on. */
const patchResource = MemoryRepository.prototype.patchResource as (
  this: FhirRepository<undefined>,
  resourceType: string,
  id: string,
  patch: PatchOperations,
) => Promise<WithId<Resource>>;

/**
 * Resources in memory with numbered versions. Callers take turns (`SandboxEhr` serialises requests). A transaction keeps the way back
 * of each write and walks it when it fails, which copies nothing when it succeeds.
 */
export class SandboxRepository extends FhirRepository<undefined> {
  readonly #resources = new Map<string, Map<string, Stored>>();
  readonly #tokens = new TokenIndex();
  #undo: (() => void)[] | undefined;
  #writes: Write[] = [];

  setMode(): void {}

  generateId(): string {
    return randomUUID();
  }

  /** Writes since the last call that stand. */
  takeWrites(): readonly Write[] {
    const writes = this.#writes;
    this.#writes = [];
    return writes;
  }

  async createResource<T extends Resource>(resource: T): Promise<WithId<T>> {
    return this.#put({ ...resource, id: resource.id ?? this.generateId() });
  }

  async updateResource<T extends Resource>(resource: T, options?: UpdateResourceOptions): Promise<WithId<T>> {
    if (!resource.id) throw new OperationOutcomeError(badRequest('Missing id'));
    if (options?.ifMatch !== undefined) {
      const current = this.#current(resource.resourceType, resource.id);
      if (current?.meta?.versionId !== options.ifMatch) throw new OperationOutcomeError(preconditionFailed);
    }
    return this.#put({ ...resource, id: resource.id });
  }

  async deleteResource(resourceType: string, id: string): Promise<void> {
    const stored = this.#stored(resourceType, id);
    const current = stored?.versions.at(-1);
    if (!stored || !current) return;
    stored.versions.push(null);
    this.#tokens.remove(current);
    this.#written({ action: 'delete', resource: current, version: stored.versions.length }, () => {
      stored.versions.pop();
      this.#tokens.add(current);
    });
  }

  /** The package's own JSON Patch (RFC 6902), over our versions. */
  async patchResource<T extends Resource>(
    resourceType: T['resourceType'],
    id: string,
    patch: PatchOperations,
  ): Promise<WithId<T>> {
    return (await patchResource.call(this, resourceType, id, patch)) as WithId<T>;
  }

  async readResource<T extends Resource>(resourceType: string, id: string): Promise<WithId<T>> {
    const versions = this.#stored(resourceType, id)?.versions;
    if (versions === undefined) throw new OperationOutcomeError(notFound);
    const current = versions.at(-1);
    if (!current) throw new OperationOutcomeError(gone);
    return structuredClone(current) as WithId<T>;
  }

  async readReference<T extends Resource>(reference: Reference<T>): Promise<WithId<T>> {
    const [resourceType = '', id = ''] = reference.reference?.split('/') ?? [];
    return this.readResource<T>(resourceType, id);
  }

  async readReferences<T extends Resource>(references: readonly Reference<T>[]): Promise<(T | Error)[]> {
    const read = (reference: Reference<T>) =>
      this.readReference(reference).catch(
        (error: unknown) => new OperationOutcomeError(normalizeOperationOutcome(error)),
      );
    return Promise.all(references.map(read));
  }

  async readHistory<T extends Resource>(resourceType: string, id: string): Promise<Bundle<WithId<T>>> {
    const versions = this.#stored(resourceType, id)?.versions;
    if (versions === undefined) throw new OperationOutcomeError(notFound);
    const entry = versions
      .map((version, index) => historyEntry<T>(resourceType, id, version as WithId<T> | null, index))
      .reverse();
    return { resourceType: 'Bundle', type: 'history', total: entry.length, entry };
  }

  async readVersion<T extends Resource>(
    resourceType: string,
    id: string,
    version: string,
  ): Promise<WithId<T>> {
    const found = this.#stored(resourceType, id)?.versions[Number(version) - 1];
    if (!found) throw new OperationOutcomeError(notFound);
    return structuredClone(found) as WithId<T>;
  }

  async search<T extends Resource>(request: SearchRequest<T>): Promise<Bundle<WithId<T>>> {
    const found = inOrder(this.#matches(request), request) as WithId<T>[];
    const from = request.offset ?? 0;
    const to = from + (request.count ?? 100);
    const page = found.slice(from, to);
    const next = `${request.resourceType}${formatSearchQuery({ ...request, offset: to })}`;
    const entry = page.map((resource) => ({
      resource: structuredClone(resource),
      search: { mode: 'match' as const },
    }));
    return {
      resourceType: 'Bundle',
      type: 'searchset',
      total: found.length,
      ...(to < found.length && page.length > 0 ? { link: [{ relation: 'next', url: next }] } : {}),
      ...(entry.length ? { entry } : {}),
    };
  }

  searchByReference<T extends Resource>(): Promise<Record<string, WithId<T>[]>> {
    throw new OperationOutcomeError(badRequest('Search by reference over GraphQL is not offered'));
  }

  /** All or nothing; a transaction inside another is part of it. */
  async withTransaction<TResult>(callback: (client: undefined) => Promise<TResult>): Promise<TResult> {
    if (this.#undo) return callback(undefined);
    const undo: (() => void)[] = [];
    const writesBefore = this.#writes.length;
    this.#undo = undo;
    try {
      return await callback(undefined);
    } catch (error) {
      for (const step of undo.reverse()) step();
      this.#writes.length = writesBefore;
      throw error;
    } finally {
      this.#undo = undefined;
    }
  }

  /** Number of current resources by type. */
  counts(): { [resourceType: string]: number } {
    const counts: { [resourceType: string]: number } = {};
    for (const [type, stored] of this.#resources)
      counts[type] = [...stored.values()].filter(({ versions }) => versions.at(-1)).length;
    return counts;
  }

  #stored(resourceType: string, id: string): Stored | undefined {
    return this.#resources.get(resourceType)?.get(id);
  }

  #current(resourceType: string, id: string): WithId<Resource> | undefined {
    return this.#stored(resourceType, id)?.versions.at(-1) ?? undefined;
  }

  #put<T extends Resource>(resource: T & { id: string }): WithId<T> {
    const { resourceType, id } = resource;
    const ofType = this.#resources.get(resourceType) ?? new Map<string, Stored>();
    this.#resources.set(resourceType, ofType);
    const stored = ofType.get(id) ?? { versions: [] };
    ofType.set(id, stored);
    const before = stored.versions.at(-1);
    const version = stored.versions.length + 1;
    const meta = { ...resource.meta, versionId: String(version), lastUpdated: new Date().toISOString() };
    // The port of the package is generic over the resource type, which a value that was put together cannot be known to keep.
    const after = structuredClone({ ...resource, meta }) as unknown as WithId<Resource>;
    stored.versions.push(after);
    this.#reindex(before ?? undefined, after);
    this.#written({ action: before ? 'update' : 'create', resource: after, version }, () => {
      stored.versions.pop();
      if (stored.versions.length === 0) ofType.delete(id);
      this.#reindex(after, before ?? undefined);
    });
    return structuredClone(after) as unknown as WithId<T>;
  }

  #reindex(before: WithId<Resource> | undefined, after: WithId<Resource> | undefined): void {
    if (before) this.#tokens.remove(before);
    if (after) this.#tokens.add(after);
  }

  #written(write: Write, undo: () => void): void {
    this.#writes.push(write);
    this.#undo?.push(undo);
  }

  /** Identifier, tag and `_id` narrow by index; what else is asked is matched one by one among those. */
  #matches(request: SearchRequest): WithId<Resource>[] {
    const { resourceType } = request;
    const filters = request.filters ?? [];
    const byIndex = filters.filter(
      ({ code, operator }) =>
        operator === 'eq' && (code === '_id' || (indexedTokens as readonly string[]).includes(code)),
    );
    const rest = filters.filter((filter) => !byIndex.includes(filter) && filter.code !== '_lastUpdated');
    checkSearchable(
      resourceType,
      rest.map((filter) => filter.code),
    );
    const narrowed = byIndex.map(({ code, value }) =>
      code === '_id'
        ? new Set(value.split(','))
        : this.#tokens.find(resourceType, code as IndexedToken, value),
    );
    const candidates = narrowed[0] ?? this.#resources.get(resourceType)?.keys() ?? [];
    const ids = [...candidates].filter((id) => narrowed.every((allowed) => allowed.has(id)));
    return ids
      .map((id) => this.#current(resourceType, id))
      .filter((resource) => resource !== undefined)
      .filter((resource) => filters.every((filter) => matchesLastUpdated(resource, filter)))
      .filter((resource) => matchesSearchRequest(resource, { ...request, filters: rest }));
  }
}

function historyEntry<T extends Resource>(
  resourceType: string,
  id: string,
  version: WithId<T> | null,
  index: number,
): NonNullable<Bundle<WithId<T>>['entry']>[number] {
  const url = `${resourceType}/${id}`;
  if (version === null) return { request: { method: 'DELETE', url }, response: { status: '204' } };
  return {
    resource: structuredClone(version),
    request: { method: 'PUT', url },
    response: { status: index === 0 ? '201' : '200' },
  };
}
