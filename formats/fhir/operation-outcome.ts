import type { FhirIssue } from './issue.ts';
import { isObject, objectsIn, textOf, type UnknownObject } from './json-object.ts';

export interface OutcomeIssue {
  readonly severity: 'fatal' | 'error' | 'warning' | 'information';
  readonly code: string;
  readonly details?: { readonly text: string; readonly coding?: readonly { system: string; code: string }[] };
  readonly diagnostics?: string;
  readonly expression?: readonly string[];
}

/** FHIR R4 OperationOutcome (§2.30). */
export interface OperationOutcome {
  readonly resourceType: 'OperationOutcome';
  readonly issue: readonly OutcomeIssue[];
}

/** System of the codes of our error catalogue in `issue.details.coding`. */
export const errorCodeSystem = 'urn:bithive:error';

export function outcomeOfIssues(issues: readonly FhirIssue[], code: string): OperationOutcome {
  return {
    resourceType: 'OperationOutcome',
    issue: issues.map((issue) => ({
      severity: issue.severity,
      code: issue.code,
      details: { text: issue.message, coding: [{ system: errorCodeSystem, code }] },
      ...(issue.path === '' ? {} : { expression: [issue.path] }),
    })),
  };
}

export function outcomeOf(
  severity: OutcomeIssue['severity'],
  issueCode: string,
  text: string,
  catalogueCode?: string,
): OperationOutcome {
  const coding = catalogueCode ? { coding: [{ system: errorCodeSystem, code: catalogueCode }] } : {};
  return {
    resourceType: 'OperationOutcome',
    issue: [{ severity, code: issueCode, details: { text, ...coding } }],
  };
}

/** What an OperationOutcome says, in one line for an operator; undefined for anything else. At most 2,000 characters. */
export function outcomeText(value: unknown): string | undefined {
  if (!isObject(value) || textOf(value, 'resourceType') !== 'OperationOutcome') return undefined;
  const parts = objectsIn(value, 'issue').map(issueText);
  return parts.length === 0 ? undefined : parts.join('; ').slice(0, 2_000);
}

function issueText(issue: UnknownObject): string {
  const details = objectsIn(issue, 'details')[0];
  const text =
    (details && textOf(details, 'text')) ??
    textOf(issue, 'diagnostics') ??
    textOf(issue, 'code') ??
    'unnamed issue';
  const at = issue.expression ?? issue.location;
  return Array.isArray(at) && typeof at[0] === 'string' ? `${at[0]}: ${text}` : text;
}
