import type { Json } from '../../core/json.ts';
import type { ProcessedMessage } from '../../core/ports/index.ts';

/**
 * Codes of the error catalogue among the issues of a message that was processed all the same. They are for the operator now; the
 * issues of a mapping have codes of FHIR and wait with their message until somebody looks.
 */
export function catalogueIssues({ report }: ProcessedMessage): readonly string[] {
  const issues: Json = report?.issues ?? [];
  if (!Array.isArray(issues)) return [];
  return issues.flatMap((issue: Json) => {
    const code = isObject(issue) ? issue.code : undefined;
    return typeof code === 'string' && code.startsWith('BH_') ? [code] : [];
  });
}

const isObject = (value: Json): value is { readonly [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
