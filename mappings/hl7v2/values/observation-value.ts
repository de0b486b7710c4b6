import type { Hl7Segment } from '../../../formats/hl7v2/index.ts';
import type { FhirObject, FhirValue } from '../../bundle/bundle.ts';
import type { CodeTable } from '../compiler/code-table.ts';
import { pathOf, type Run } from '../run.ts';
import { unitOf } from './coded.ts';
import {
  type Chosen,
  partsText,
  type ReadValue,
  textTypes,
  valueReaders,
  wholeText,
} from './observation-readers.ts';
import { shown } from './primitives.ts';
import { type Convert, clean, type RowOptions, textAt, type ValueType } from './value-type.ts';

/** Types whose text has no parts: what stands between separators there is text that was not escaped. */
const plainTypes: ReadonlySet<string> = new Set([...textTypes, 'NM', 'DT', 'TM', 'DTM', 'TS', 'SI']);

/**
 * OBX-5 by the type that OBX-2 names (HL7 v2.5.1 7.4.2.2), with the unit of OBX-6. What is not strictly of its type becomes a string, with an
 * issue: a troponin of `<5` keeps its comparator, one of `5 (hemolysed)` stays text. Text lines (TX, FT, ST) that repeat are one text; other
 * values that repeat are a component each, of the same code (v2-to-FHIR sheet OBX[Observation-Component]).
 */
export function observationValue(registry: CodeTable, concept: ValueType): ValueType {
  const code = concept.compile({ space: 'observation', keepSource: false } satisfies RowOptions);
  const reads = valueReaders(code);
  return {
    yields: ['value[x]'],
    covers: 'all',
    compile: () => (run, segment, _field, rep) => {
      if (rep > 1) return undefined;
      const type = textAt(segment, 2, 1, 0, 0).toUpperCase();
      if (textTypes.has(type)) return textOf(segment, type) as unknown as FhirValue;
      const unit = unitOf([run, segment, 6, 1, 0, 0], registry);
      const read = (nth: number): Chosen | undefined => readOne(run, segment, nth, type, reads[type], unit);
      const filled = filledIn(segment);
      if (filled.length > 1) return componentsOf(run, segment, filled, read, code) as unknown as FhirValue;
      return (filled.length === 0 ? undefined : read(filled[0]!)) as unknown as FhirValue;
    },
  };
}

function textOf(segment: Hl7Segment, type: string): Chosen | undefined {
  // VR, an old type of two values, reads as a range.
  const text = type === 'VR' ? partsText(segment, 1).replace(' ', '-') : wholeText(segment);
  return text === '' ? undefined : ['valueString', text];
}

function readOne(
  run: Run,
  segment: Hl7Segment,
  rep: number,
  type: string,
  read: ReadValue | undefined,
  unit: FhirObject | undefined,
): Chosen | undefined {
  const chosen = read?.(run, segment, rep, unit);
  if (chosen !== undefined) return chosen;
  const text = plainTypes.has(type) ? clean(segment.value(5, rep)) : partsText(segment, rep);
  if (text === '') return undefined;
  // A name or an address has no value of its own in FHIR: as text it is what it is.
  if (read === undefined) return ['valueString', text];
  run.issue(
    'warning',
    'value',
    pathOf(run, segment, 5),
    `${shown(text)} is not of type ${type}; kept as text`,
  );
  return ['valueString', unit === undefined ? text : `${text} ${unit.unit}`];
}

function filledIn(segment: Hl7Segment): number[] {
  const reps = segment.repetitions(5);
  if (reps === 1) return [1];
  const filled: number[] = [];
  for (let rep = 1; rep <= reps; rep++) {
    const raw = segment.raw(5, rep);
    if (raw !== '' && raw !== '""') filled.push(rep);
  }
  return filled;
}

function componentsOf(
  run: Run,
  segment: Hl7Segment,
  reps: readonly number[],
  read: (rep: number) => Chosen | undefined,
  code: Convert,
): Chosen | undefined {
  const name = code(run, segment, 3, 1, 0, 0) ?? { text: 'unknown' };
  const components = reps.flatMap((rep): FhirObject[] => {
    const chosen = read(rep);
    return chosen === undefined ? [] : [{ code: name, [chosen[0]]: chosen[1] }];
  });
  return components.length === 0 ? undefined : ['component', components];
}
