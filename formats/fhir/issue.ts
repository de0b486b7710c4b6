/** One thing that FHIR R4 does not allow (`error`) or advises against (`warning`). */
export interface FhirIssue {
  readonly severity: 'error' | 'warning';
  /** Code of the ValueSet issue-type (FHIR R4 OperationOutcome): `structure`, `required`, `value`, `invariant`, `code-invalid` ... */
  readonly code: string;
  /** FHIRPath of the element, with indices: `Patient.name[0].given[1]`. */
  readonly path: string;
  /** One sentence without content of the resource, so that it can be logged. */
  readonly message: string;
}

export function hasErrors(issues: readonly FhirIssue[]): boolean {
  return issues.some((issue) => issue.severity === 'error');
}
