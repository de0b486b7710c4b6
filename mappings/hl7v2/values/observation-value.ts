import type { Hl7Segment } from '../../../formats/hl7v2/index.ts';
import type { FhirObject, FhirValue } from '../../bundle/bundle.ts';
import { keepDigits } from '../../bundle/decimals.ts';
import type { CodeTable } from '../compiler/code-table.ts';
import { pathOf, type Run } from '../run.ts';
import { unitOf } from './coded.ts';
import { readDateTime, readTimeOfDay } from './date-time.ts';
import { readNumber } from './number.ts';
import { shown } from './primitives.ts';
import { quantityOf } from './quantity.ts';
import { type Convert, clean, type RowOptions, textAt, type ValueType } from './value-type.ts';

/** An element of a choice and its value. */
type Chosen = readonly [name: string, value: FhirValue];
type Read = (run: Run, segment: Hl7Segment, unit: FhirObject | undefined) => Chosen | undefined;

/**
 * OBX-5 by the type that OBX-2 names (HL7 v2.5.1 7.4.2.2), with the unit of OBX-6. What is not strictly of its type becomes a string as sent, with
 * an issue: a troponin of `<5` keeps its comparator, one of `5 (hemolysed)` stays text. Text lines (TX, FT, ST) that repeat are one text.
 */
export function observationValue(registry: CodeTable, concept: ValueType): ValueType {
  const reads = readers(concept.compile({ space: 'observation', keepSource: false } satisfies RowOptions));
  return {
    yields: ['value[x]'],
    covers: 'all',
    compile: () => (run, segment, field, rep) => {
      if (rep > 1) return undefined;
      const type = textAt(segment, 2, 1, 0, 0).toUpperCase();
      const read = reads[type] ?? readText;
      const unit = unitOf([run, segment, 6, 1, 0, 0], registry);
      const chosen = read(run, segment, unit);
      if (chosen !== undefined) return chosen as unknown as FhirValue;
      const text = wholeText(segment, field);
      if (text === '') return undefined;
      run.issue(
        'warning',
        'value',
        pathOf(run, segment, field),
        `${shown(text)} is not of type ${type}; kept as text`,
      );
      return ['valueString', withUnit(text, unit)];
    },
  };
}

function readers(concept: Convert): { readonly [type: string]: Read } {
  const coded: Read = (run, segment) => {
    const value = concept(run, segment, 5, 1, 0, 0);
    return value === undefined ? undefined : ['valueCodeableConcept', value];
  };
  const moment: Read = (run, segment) => {
    const reading = readDateTime(textAt(segment, 5, 1, 0, 0), run.messageOffset, run.site.settings.zone);
    return reading.text === undefined || reading.fault !== undefined
      ? undefined
      : ['valueDateTime', reading.text];
  };
  return {
    NM: readNM,
    SN: readSN,
    NR: readNR,
    DR: readDR,
    TM: readTM,
    DT: moment,
    DTM: moment,
    TS: moment,
    CWE: coded,
    CE: coded,
    CNE: coded,
    CF: coded,
    IS: coded,
    ID: coded,
  };
}

const readText: Read = (_run, segment) => {
  const text = wholeText(segment, 5);
  return text === '' ? undefined : ['valueString', text];
};

const readNM: Read = (_run, segment, unit) => {
  if (segment.repetitions(5) > 1 || segment.components(5) > 1) return undefined;
  const quantity = quantityOf(textAt(segment, 5, 1, 0, 0));
  return quantity === null ? undefined : ['valueQuantity', Object.assign(quantity, unit)];
};

/** Structured numeric (HL7 v2.5.1 2.A.70): comparator, number, separator or suffix, number. */
const readSN: Read = (_run, segment, unit) => {
  const [comparator, first, separator, second] = [1, 2, 3, 4].map((n) => textAt(segment, 5, 1, n, 0)) as [
    string,
    string,
    string,
    string,
  ];
  const low = readNumber(first);
  if (low === null || low.comparator !== undefined || segment.repetitions(5) > 1) return undefined;
  if (separator === '' && second === '') {
    const isPlain = comparator === '' || comparator === '=';
    const quantity = quantityOf(isPlain ? first : `${comparator}${first}`);
    return quantity === null ? undefined : ['valueQuantity', Object.assign(quantity, unit)];
  }
  const high = readNumber(second);
  if (high === null || high.comparator !== undefined || (comparator !== '' && comparator !== '='))
    return undefined;
  const parts = [exact(low.digits, unit), exact(high.digits, unit)] as const;
  if (separator === '-') return ['valueRange', { low: parts[0], high: parts[1] }];
  if (separator === ':' || separator === '/')
    return ['valueRatio', { numerator: parts[0], denominator: parts[1] }];
  return undefined;
};

const readNR: Read = (_run, segment, unit) => {
  const [low, high] = [readNumber(textAt(segment, 5, 1, 1, 0)), readNumber(textAt(segment, 5, 1, 2, 0))];
  if (low === null || high === null || low.comparator !== undefined || high.comparator !== undefined)
    return undefined;
  return ['valueRange', { low: exact(low.digits, unit), high: exact(high.digits, unit) }];
};

const readDR: Read = (run, segment) => {
  const [start, end] = [1, 2].map(
    (n) => readDateTime(textAt(segment, 5, 1, n, 0), run.messageOffset, run.site.settings.zone).text,
  );
  if (start === undefined && end === undefined) return undefined;
  return [
    'valuePeriod',
    { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) },
  ];
};

const readTM: Read = (_run, segment) => {
  const time = readTimeOfDay(textAt(segment, 5, 1, 0, 0));
  return time === null ? undefined : ['valueTime', time];
};

function exact(digits: string, unit: FhirObject | undefined): FhirObject {
  const quantity: FhirObject = { value: Number(digits), ...unit };
  keepDigits(quantity, digits);
  return quantity;
}

function wholeText(segment: Hl7Segment, field: number): string {
  const lines: string[] = [];
  const reps = segment.repetitions(field);
  for (let rep = 1; rep <= reps; rep++) {
    const line = segment.value(field, rep);
    if (line !== '""') lines.push(line);
  }
  return clean(lines.join('\n'));
}

const withUnit = (text: string, unit: FhirObject | undefined): string =>
  unit === undefined ? text : `${text} ${unit.unit}`;
