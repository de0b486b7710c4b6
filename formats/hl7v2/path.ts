import { BitHiveError } from '../../core/errors.ts';
import type { Hl7Message } from './message.ts';
import type { Hl7Segment } from './segment.ts';

interface Path {
  readonly segment: string;
  readonly nth: number | undefined;
  readonly field: number;
  readonly rep: number | undefined;
  readonly component: number | undefined;
  readonly subcomponent: number | undefined;
}

const grammar =
  /^([A-Z][A-Z0-9]{2})(?:\[(\d{1,6})\])?-(\d{1,4})(?:\[(\d{1,7})\])?(?:\.(\d{1,4})(?:\.(\d{1,4}))?)?$/;

/** `SEG[n]-field[rep].component.subcomponent`, numbers from 1. Throws BH_HL7_PATH. */
function parsePath(text: string): Path {
  const match = grammar.exec(text);
  if (match === null) throw new BitHiveError('BH_HL7_PATH', `cannot read "${text.slice(0, 64)}"`);
  const number = (group: number): number | undefined =>
    match[group] === undefined ? undefined : Number(match[group]);
  const path: Path = {
    segment: match[1]!,
    nth: number(2),
    field: Number(match[3]),
    rep: number(4),
    component: number(5),
    subcomponent: number(6),
  };
  const numbers = [path.nth, path.field, path.rep, path.component, path.subcomponent];
  if (numbers.includes(0)) throw new BitHiveError('BH_HL7_PATH', `numbers count from 1 in "${text}"`);
  return path;
}

type Reader<T> = (message: Hl7Message) => T;

/** Paths come from channel files and code, not from messages; the bound is a safety rail. */
const compiledMax = 10_000;
const compiled = new Map<string, Reader<string>>();

/**
 * A reader of the one value at a path; the first segment and first repetition where none is named. A path that stops at a field or
 * component reads its whole text (`PID-3` gives `1^^^H`, `PID-3.1` gives `1`). Throws BH_HL7_PATH.
 */
export function compilePath(text: string): Reader<string> {
  const kept = compiled.get(text);
  if (kept !== undefined) return kept;
  const { segment, nth = 1, field, rep = 1, component, subcomponent } = parsePath(text);
  const read: Reader<string> = (message) =>
    message.nth(segment, nth)?.value(field, rep, component, subcomponent) ?? '';
  if (compiled.size < compiledMax) compiled.set(text, read);
  return read;
}

/**
 * A reader of every value at a path: all segments of the name and all repetitions where no number is given. Absent and empty ones
 * are left out. Throws BH_HL7_PATH.
 */
export function compilePathAll(text: string): Reader<readonly string[]> {
  const path = parsePath(text);
  return (message) => {
    const values: string[] = [];
    for (const segment of segmentsOf(message, path)) addValues(values, segment, path);
    return values;
  };
}

function segmentsOf(message: Hl7Message, path: Path): readonly Hl7Segment[] {
  if (path.nth === undefined) return message.all(path.segment);
  const segment = message.nth(path.segment, path.nth);
  return segment === undefined ? [] : [segment];
}

function addValues(values: string[], segment: Hl7Segment, path: Path): void {
  const first = path.rep ?? 1;
  const last = path.rep ?? segment.repetitions(path.field);
  for (let rep = first; rep <= last; rep++) {
    const value = segment.value(path.field, rep, path.component, path.subcomponent);
    if (value !== '') values.push(value);
  }
}
