import { isDataTypeLoaded, loadDataType, OperationOutcomeError, validateResource } from '@medplum/core';
import type {
  ElementDefinition,
  OperationOutcomeIssue,
  Resource,
  StructureDefinition,
} from '@medplum/fhirtypes';
import { datatypeTables, type ElementRow, type TypeTable } from './element-tables.ts';
import type { FhirIssue } from './issue.ts';
import type { UnknownObject } from './json-object.ts';
import { tableOf } from './type-shapes.ts';

const definitionUrl = (name: string) => `http://hl7.org/fhir/StructureDefinition/${name}`;

/**
 * Invariants that `type-rules` and `reference-rules` check in one linear pass. Evaluated as FHIRPath they would be most of the run
 * time, and bdl-7 is quadratic.
 */
const checkedElsewhere = /^(?:obs-7|ext-1|ref-1|txt-\d|att-1|per-1|cpt-2|qty-3|rng-2|rat-1|bdl-\d+)$/;

/**
 * Quadratic as evaluated: a CodeSystem of 20,000 concepts would hold the process for two seconds. Outside Bundle they are found only
 * in resources that define things (CodeSystem, Questionnaire, StructureDefinition ...), which no ward sends; they go unchecked.
 */
const isQuadratic = (expression: string) =>
  /isDistinct\(\)|%resource\.(?:snapshot|differential)/.test(expression);

let areDatatypesLoaded = false;
const loaded = new Set<string>();

/**
 * The invariants of FHIR R4 as `@medplum/core` evaluates them, for a resource whose structure is sound. Definitions are
 * indexed at the first use of each type: all of R4 would cost 1.4 s and 100 MB at start.
 */
export function invariantIssues(resource: UnknownObject, resourceTypes: Iterable<string>): FhirIssue[] {
  loadTypes(resourceTypes);
  try {
    return validateResource(resource as unknown as Resource)
      .map(issueOf)
      .filter(isNew);
  } catch (error) {
    if (error instanceof OperationOutcomeError) return (error.outcome.issue ?? []).map(issueOf).filter(isNew);
    throw error;
  }
}

function loadTypes(resourceTypes: Iterable<string>): void {
  if (!areDatatypesLoaded) {
    areDatatypesLoaded = true;
    for (const table of Object.values(datatypeTables())) loadDataType(definitionOf(table));
  }
  for (const name of resourceTypes) {
    if (loaded.has(name)) continue;
    const table = tableOf(name);
    if (table) loadDataType(definitionOf(table));
    loaded.add(name);
  }
}

/** The type's definition is in the index of `@medplum/core` (its searches need it too). */
export function ensureIndexed(resourceType: string): boolean {
  loadTypes([resourceType]);
  return isDataTypeLoaded(resourceType);
}

function definitionOf(table: TypeTable): StructureDefinition {
  return {
    resourceType: 'StructureDefinition',
    url: definitionUrl(table.name),
    name: table.name,
    type: table.type,
    kind: table.kind,
    status: 'active',
    abstract: false,
    snapshot: { element: table.elements.map((row) => elementDefinition(row)) as [ElementDefinition] },
  };
}

function elementDefinition(row: ElementRow): ElementDefinition {
  const constraints = (row.constraints ?? []).filter(
    (rule) => !checkedElsewhere.test(rule.key) && !isQuadratic(rule.expression),
  );
  return {
    id: row.path,
    path: row.path,
    min: row.min,
    max: row.max,
    base: { path: row.path, min: row.min, max: row.max },
    ...(row.same === undefined ? {} : { contentReference: `#${row.same}` }),
    type: (row.types ?? []).map((type) => ({
      code: type.code,
      ...(type.targets ? { targetProfile: type.targets.map(definitionUrl) } : {}),
    })),
    constraint: constraints.map((rule) => ({ ...rule, severity: 'error' as const })),
  };
}

function issueOf(issue: OperationOutcomeIssue): FhirIssue {
  return {
    severity: issue.severity === 'error' || issue.severity === 'fatal' ? 'error' : 'warning',
    code: issue.code ?? 'invalid',
    path: issue.expression?.[0] ?? '',
    message: issue.details?.text ?? 'breaks a rule of R4',
  };
}

/** The walk has measured every text; it knows that base64 has no limit in R4, and the evaluation does not. */
const measuredBefore = /^String cannot be larger than/;

/** Wrong targets and double choices come as warnings; the walk has already reported them as errors. */
function isNew(issue: FhirIssue): boolean {
  return issue.severity === 'error' && !measuredBefore.test(issue.message);
}
