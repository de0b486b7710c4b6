import type { Hl7Segment } from '../../../formats/hl7v2/index.ts';
import type { FhirValue } from '../../bundle/bundle.ts';
import type { CodeTable } from '../compiler/code-table.ts';
import type { Coverage } from '../coverage.ts';
import type { Run } from '../run.ts';

/**
 * Reads one element of a message as a FHIR value; undefined when there is none, with an issue when what is there is not right.
 * Component or subcomponent 0 stands for the whole of the level above, so that one converter reads HD as a field and as CX.4.
 */
export type Convert = (
  run: Run,
  segment: Hl7Segment,
  field: number,
  rep: number,
  component: number,
  subcomponent: number,
) => FhirValue | undefined;

/** What a row says beside `as`. */
export interface RowOptions {
  readonly table?: CodeTable;
  /** System of codes that name none. */
  readonly codes?: string;
  /** What an identifier without an assigner identifies: `patient`, `placer-order` ... */
  readonly space: string;
  /** Code for a required binding when the table has no answer. */
  readonly fallback?: string;
  /** Fields of the same segment that say the unit of an amount, what it is for, and the unit of that. */
  readonly unitField?: number;
  readonly perField?: number;
  readonly perUnitField?: number;
  /** Of a range: the field of its upper end. */
  readonly highField?: number;
  /** Keep the coding that was sent beside the one that the table gives. */
  readonly keepSource: boolean;
}

/** One name that `as` may have. */
export interface ValueType {
  /** FHIR datatypes that it gives. */
  readonly yields: readonly string[];
  readonly covers: Coverage;
  readonly needsTable?: boolean;
  /** Reads nothing but the element, the site and the message's offset: no other field, not its receipt. */
  readonly isSelfContained?: boolean;
  /** Self-contained, and its texts come again in many messages: worth remembering. */
  readonly recurs?: boolean;
  compile(options: RowOptions): Convert;
}

/** Text of the first leaf of an element, without blanks around it and without control characters; '' when absent or null. */
export function textAt(
  segment: Hl7Segment,
  field: number,
  rep: number,
  component: number,
  subcomponent: number,
): string {
  const text = segment.get(
    field,
    rep,
    component === 0 ? 1 : component,
    subcomponent === 0 ? 1 : subcomponent,
  );
  return text === '' || text === '""' ? '' : clean(text);
}

/** Text of part `n` of an element: a component of a field, a subcomponent of a component. */
export function partAt(
  segment: Hl7Segment,
  field: number,
  rep: number,
  component: number,
  subcomponent: number,
  n: number,
): string {
  if (component === 0) return textAt(segment, field, rep, n, 0);
  if (subcomponent === 0) return textAt(segment, field, rep, component, n);
  return n === 1 ? textAt(segment, field, rep, component, subcomponent) : '';
}

const unclean = /^\s|\s$|[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;

/** FHIR strings hold no control character but tab and line ends, and are never blank (FHIR R4 2.24.0.1). */
export function clean(text: string): string {
  return unclean.test(text) ? text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '').trim() : text;
}

/** A FHIR code has single spaces only (FHIR R4 2.24.0.1). */
export function codeText(text: string): string {
  return /\s/.test(text) ? text.replace(/\s+/g, ' ') : text;
}
