import { badRequest, globalSchema, indexSearchParameter, OperationOutcomeError } from '@medplum/core';
import type { SearchParameter } from '@medplum/fhirtypes';
import { ensureIndexed, readSearchParameters, resourceTypeNames } from '../../formats/fhir/index.ts';

const indexed = new Set<string>();

/** Makes the type searchable, and refuses parameters that R4 does not have for it, which would match nothing in silence. */
export function checkSearchable(resourceType: string, codes: readonly string[]): void {
  if (!resourceTypeNames().has(resourceType)) {
    throw new OperationOutcomeError(badRequest(`R4 has no resource type of this name`));
  }
  if (codes.length > 0) index(resourceType);
  const known = globalSchema.types[resourceType]?.searchParams ?? {};
  for (const code of codes) {
    if (!Object.hasOwn(known, code))
      throw new OperationOutcomeError(badRequest(`Unknown search parameter ${code}`));
  }
}

function index(resourceType: string): void {
  if (indexed.has(resourceType)) return;
  indexed.add(resourceType);
  ensureIndexed(resourceType);
  const bases = new Set([resourceType, 'Resource', 'DomainResource']);
  for (const row of readSearchParameters()) {
    if (!row.base.some((base) => bases.has(base))) continue;
    indexSearchParameter({
      resourceType: 'SearchParameter',
      id: `${resourceType}-${row.code}`,
      url: `http://hl7.org/fhir/SearchParameter/${resourceType}-${row.code}`,
      name: row.code,
      status: 'active',
      description: row.code,
      base: [resourceType],
      code: row.code,
      type: row.type,
      expression: row.expression,
      ...(row.target ? { target: row.target } : {}),
    } as SearchParameter);
  }
}
