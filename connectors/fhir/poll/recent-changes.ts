import { limits } from '../../../core/limits.ts';
import { textOf, type UnknownObject } from '../../../formats/fhir/index.ts';
import { lastUpdatedOf } from './page.ts';

/** Versions handed over lately. The store knows them too; this spares reading what they refer to again. */
export class RecentChanges {
  readonly #names = new Set<string>();

  has(resource: UnknownObject): boolean {
    return this.#names.has(nameOf(resource));
  }

  add(resource: UnknownObject): void {
    this.#names.add(nameOf(resource));
    if (this.#names.size <= limits.fhirPollRecentMax) return;
    const [oldest] = this.#names;
    if (oldest !== undefined) this.#names.delete(oldest);
  }
}

function nameOf(resource: UnknownObject): string {
  const meta = resource.meta as { readonly versionId?: unknown } | undefined;
  const parts = ['resourceType', 'id'].map((name) => textOf(resource, name));
  return JSON.stringify([...parts, meta?.versionId, lastUpdatedOf(resource)]);
}
