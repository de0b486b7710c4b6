import type { FhirObject } from '../../bundle/bundle.ts';
import type { Run } from '../run.ts';

/** Length of the date in front of a FHIR dateTime. */
const dateChars = 10;

/** Whether a Period would end before it starts (FHIR R4 per-1): by the moments where both are told, else by what both dates tell. */
export function isReversed(start: string, end: string): boolean {
  if (start.length > dateChars && end.length > dateChars) return Date.parse(start) > Date.parse(end);
  const told = Math.min(start.length, end.length, dateChars);
  return start.slice(0, told) > end.slice(0, told);
}

export const reversed = 'the end lies before the start; the later one that was read is left out';

/** A Period of what is there; an end before the start is left out with an issue at `path`. Undefined when neither is there. */
export function periodOf(
  run: Run,
  path: () => string,
  start: string | undefined,
  end: string | undefined,
): FhirObject | undefined {
  if (start === undefined && end === undefined) return undefined;
  const isWrong = start !== undefined && end !== undefined && isReversed(start, end);
  if (isWrong) run.issue('warning', 'value', path(), reversed);
  return { ...(start === undefined ? {} : { start }), ...(end === undefined || isWrong ? {} : { end }) };
}
