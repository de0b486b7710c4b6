import { limits } from '../../core/limits.ts';
import { type FhirIssue, textOf, type UnknownObject } from '../../formats/fhir/index.ts';
import { entrySlices, withoutEntries } from './entry-slices.ts';

/** A batch of which some entries are refused: what is left of it, and why the others were. */
export interface SplitBatch {
  readonly bytes: Uint8Array;
  readonly refused: ReadonlyMap<number, readonly FhirIssue[]>;
}

/**
 * Entries of a batch do not depend on each other (FHIR R4 §3.1.0.11.1), so those that are valid are taken without the others. null when the fault is not in single
 * entries, or in all of them.
 */
export function splitInvalid(
  bytes: Uint8Array,
  bundle: UnknownObject,
  issues: readonly FhirIssue[],
): SplitBatch | null {
  // Past the limit nobody knows which others are not valid.
  if (textOf(bundle, 'type') !== 'batch' || issues.length >= limits.fhirIssuesMax) return null;
  const refused = new Map<number, FhirIssue[]>();
  for (const issue of issues) {
    if (issue.severity !== 'error') continue;
    const index = /^Bundle\.entry\[(\d+)\]/.exec(issue.path)?.[1];
    if (index === undefined) return null;
    const known = refused.get(Number(index));
    if (known === undefined) refused.set(Number(index), [issue]);
    else known.push(issue);
  }
  const slices = entrySlices(bytes);
  if (slices === null || refused.size === 0 || refused.size >= slices.entries.length) return null;
  return { bytes: withoutEntries(bytes, slices, new Set(refused.keys())), refused };
}
