import { limits } from '../../core/limits.ts';
import { invariantIssues } from './invariants.ts';
import { type FhirIssue, hasErrors } from './issue.ts';
import { isObject, textOf, type UnknownObject } from './json-object.ts';
import { bundleIssues, bundleReferenceIssues, localReferenceIssues } from './reference-rules.ts';
import { startWalk, type Walk, walkResource } from './structure-walk.ts';

/**
 * All that FHIR R4 says against a resource, at most `limits.fhirIssuesMax` issues; empty when it is valid. Required bindings are
 * checked, other terminology and profiles are not.
 */
export function validate(resource: unknown): readonly FhirIssue[] {
  const issues: FhirIssue[] = [];
  for (const found of validationSteps(resource)) issues.push(...found);
  return issues.slice(0, limits.fhirIssuesMax);
}

/**
 * The same, one resource per step, for callers that must not hold the event loop while a Bundle of thousands is validated.
 * The steps end early once `limits.fhirIssuesMax` issues are found.
 */
export function* validationSteps(resource: unknown): Generator<readonly FhirIssue[], void, void> {
  const root = walkOne(resource, undefined);
  yield root.issues;
  if (!isObject(resource) || root.walk.resourceTypes.size === 0) return;
  if (textOf(resource, 'resourceType') !== 'Bundle') return;
  let found = root.issues.length;
  const walks: Walk[] = [root.walk];
  for (const entry of root.walk.entries) {
    const { walk, issues } = walkOne(entry.resource, entry.path);
    walks.push(walk);
    found += issues.length;
    yield issues;
    if (found >= limits.fhirIssuesMax) return;
  }
  yield bundleReferenceIssues(resource, walks);
}

function walkOne(resource: unknown, path: string | undefined): { walk: Walk; issues: readonly FhirIssue[] } {
  const walk = startWalk();
  walkResource(walk, resource, path, 0);
  if (!isObject(resource) || walk.resourceTypes.size === 0) return { walk, issues: walk.issues };
  const here = path ?? textOf(resource, 'resourceType') ?? 'Resource';
  const isBundle = textOf(resource, 'resourceType') === 'Bundle';
  if (!isBundle && walk.nodes > limits.fhirResourceElementsMax) {
    return {
      walk,
      issues: [{ severity: 'error', code: 'too-costly', path: here, message: 'too many elements' }],
    };
  }
  const issues = [...walk.issues, ...localReferenceIssues(resource, walk)];
  if (isBundle) return { walk, issues: [...issues, ...bundleIssues(resource, here)] };
  // The invariants are FHIRPath over sound structure; over a broken one they would repeat it, or fail.
  return { walk, issues: hasErrors(issues) ? issues : [...issues, ...invariantsAt(resource, walk, here)] };
}

function invariantsAt(resource: UnknownObject, walk: Walk, path: string): FhirIssue[] {
  const type = textOf(resource, 'resourceType') as string;
  return invariantIssues(resource, walk.resourceTypes).map((issue) => ({
    ...issue,
    path: issue.path.startsWith(type) ? path + issue.path.slice(type.length) : issue.path,
  }));
}
