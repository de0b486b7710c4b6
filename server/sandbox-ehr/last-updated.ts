import type { Filter, SearchRequest } from '@medplum/core';

interface Written {
  readonly meta?: { readonly lastUpdated?: string | undefined } | undefined;
}

const momentOf = ({ meta }: Written): number => Date.parse(meta?.lastUpdated ?? '');

/** `_lastUpdated` (FHIR R4 3.1.1.3), which the package's matching does not know: true for every other parameter. */
export function matchesLastUpdated(resource: Written, { code, operator, value }: Filter): boolean {
  if (code !== '_lastUpdated') return true;
  const [moment, wanted] = [momentOf(resource), Date.parse(value)];
  if (operator === 'gt' || operator === 'sa') return moment > wanted;
  if (operator === 'ge') return moment >= wanted;
  if (operator === 'lt' || operator === 'eb') return moment < wanted;
  if (operator === 'le') return moment <= wanted;
  return moment === wanted;
}

/** By time of the last write, which is what a reader of changes asks for; other orders are not kept. */
export function inOrder<T extends Written>(found: readonly T[], { sortRules }: SearchRequest): readonly T[] {
  const rule = sortRules?.[0];
  if (rule?.code !== '_lastUpdated') return found;
  const sign = rule.descending ? -1 : 1;
  return [...found].sort((a, b) => sign * (momentOf(a) - momentOf(b)));
}
