import type { Hl7Segment } from '../../../formats/hl7v2/index.ts';
import type { FhirObject, FhirValue } from '../../bundle/bundle.ts';
import { keepDigits } from '../../bundle/decimals.ts';
import { keep } from '../../bundle/kept.ts';
import type { Run } from '../run.ts';
import { readDateTime, readTimeOfDay } from './date-time.ts';
import { readNumber } from './number.ts';
import { isReversed } from './period.ts';
import { quantityOf } from './quantity.ts';
import { type Convert, clean, textAt } from './value-type.ts';

/** An element of a choice and its value. */
export type Chosen = readonly [name: string, value: FhirValue];
/** Reads one repetition of OBX-5; undefined when it is not strictly of its type. */
export type ReadValue = (
  run: Run,
  segment: Hl7Segment,
  rep: number,
  unit: FhirObject | undefined,
) => Chosen | undefined;

/** Types of text (HL7 v2.5.1 2.A.23, 2.A.72, 2.A.78): repetitions are lines. */
export const textTypes: ReadonlySet<string> = new Set(['ST', 'TX', 'FT', 'VR', '']);

/** Value types of OBX-2 that have a FHIR value of their own; the others are text. */
export function valueReaders(concept: Convert): { readonly [type: string]: ReadValue } {
  const coded: ReadValue = (run, segment, rep) => {
    const value = concept(run, segment, 5, rep, 0, 0);
    return value === undefined ? undefined : ['valueCodeableConcept', value];
  };
  return {
    NM: readNM,
    SN: readSN,
    NR: readNR,
    DR: readDR,
    TM: readTM,
    NA: readNA,
    MO: readMO,
    CP: readMO,
    DT: readMoment,
    DTM: readMoment,
    TS: readMoment,
    CWE: coded,
    CE: coded,
    CNE: coded,
    CF: coded,
    IS: coded,
    ID: coded,
  };
}

const readMoment: ReadValue = (run, segment, rep) => {
  const reading = readDateTime(textAt(segment, 5, rep, 0, 0), run.messageOffset, run.site.settings.zone);
  return reading.text === undefined || reading.fault !== undefined
    ? undefined
    : ['valueDateTime', reading.text];
};

const readNM: ReadValue = (_run, segment, rep, unit) => {
  if (segment.components(5, rep) > 1) return undefined;
  const quantity = quantityOf(textAt(segment, 5, rep, 0, 0));
  return quantity === null ? undefined : ['valueQuantity', Object.assign(quantity, unit)];
};

/** Structured numeric (HL7 v2.5.1 2.A.70): comparator, number, separator or suffix, number. */
const readSN: ReadValue = (_run, segment, rep, unit) => {
  const part = (n: number): string => textAt(segment, 5, rep, n, 0);
  const [comparator, first, separator, second] = [part(1), part(2), part(3), part(4)];
  const low = readNumber(first);
  if (low === null || low.comparator !== undefined) return undefined;
  const isPlain = comparator === '' || comparator === '=';
  if (separator === '' && second === '') {
    const quantity = quantityOf(isPlain ? first : `${comparator}${first}`);
    return quantity === null ? undefined : ['valueQuantity', Object.assign(quantity, unit)];
  }
  const high = readNumber(second);
  if (high === null || high.comparator !== undefined || !isPlain) return undefined;
  const parts = [exact(low.digits, unit), exact(high.digits, unit)] as const;
  if (separator === '-') return ['valueRange', { low: parts[0], high: parts[1] }];
  if (separator === ':' || separator === '/')
    return ['valueRatio', { numerator: parts[0], denominator: parts[1] }];
  return undefined;
};

const readNR: ReadValue = (_run, segment, rep, unit) => {
  const [low, high] = [readNumber(textAt(segment, 5, rep, 1, 0)), readNumber(textAt(segment, 5, rep, 2, 0))];
  if (low === null || high === null || low.comparator !== undefined || high.comparator !== undefined)
    return undefined;
  return ['valueRange', { low: exact(low.digits, unit), high: exact(high.digits, unit) }];
};

const readDR: ReadValue = (run, segment, rep) => {
  const [start, end] = [1, 2].map(
    (n) => readDateTime(textAt(segment, 5, rep, n, 0), run.messageOffset, run.site.settings.zone).text,
  );
  if (start === undefined && end === undefined) return undefined;
  if (start !== undefined && end !== undefined && isReversed(start, end)) return undefined;
  return [
    'valuePeriod',
    { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) },
  ];
};

const readTM: ReadValue = (_run, segment, rep) => {
  const time = readTimeOfDay(textAt(segment, 5, rep, 0, 0));
  return time === null ? undefined : ['valueTime', time];
};

/**
 * Numeric array (HL7 v2.5.1 2.A.46): a row of numbers. The time between them, which FHIR wants to know, is not told. An array of several rows
 * is left as its rows.
 */
const readNA: ReadValue = (_run, segment, rep, unit) => {
  const digits: string[] = [];
  for (let component = 1; component <= segment.components(5, rep); component++) {
    const number = readNumber(textAt(segment, 5, rep, component, 0));
    if (number === null || number.comparator !== undefined) return undefined;
    digits.push(number.digits);
  }
  if (digits.length === 0) return undefined;
  return [
    'valueSampledData',
    { origin: { value: 0, ...unit }, _period: unknownPeriod, dimensions: 1, data: digits.join(' ') },
  ];
};

const unknownPeriod = keep({
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }],
});

/** MO, or the price of a CP (its first component), as the MoneyQuantity of FHIR: the currency is the unit (ISO 4217). */
const readMO: ReadValue = (_run, segment, rep) => {
  const isPrice = segment.subcomponents(5, rep, 1) > 1;
  const amount = quantityOf(textAt(segment, 5, rep, 1, 0));
  const currency = isPrice ? clean(segment.get(5, rep, 1, 2)) : textAt(segment, 5, rep, 2, 0);
  if (amount === null || amount.comparator !== undefined) return undefined;
  if (!/^[A-Z]{3}$/.test(currency)) return undefined;
  return [
    'valueQuantity',
    Object.assign(amount, { unit: currency, system: 'urn:iso:std:iso:4217', code: currency }),
  ];
};

/** A number that is known to be one, with its digits. */
export function exact(digits: string, unit: FhirObject | undefined): FhirObject {
  const quantity: FhirObject = { value: Number(digits), ...unit };
  keepDigits(quantity, digits);
  return quantity;
}

/** All repetitions as lines, as sent; '' when there is nothing in them but separators. */
export function wholeText(segment: Hl7Segment): string {
  const text = linesText(segment);
  if (/[\p{L}\p{N}]/u.test(text)) return text;
  for (let rep = 1; rep <= segment.repetitions(5); rep++) if (partsText(segment, rep) !== '') return text;
  return '';
}

function linesText(segment: Hl7Segment): string {
  const reps = segment.repetitions(5);
  if (reps === 1) return clean(segment.value(5, 1));
  const lines: string[] = [];
  for (let rep = 1; rep <= reps; rep++) {
    const line = segment.value(5, rep);
    if (line !== '""') lines.push(line);
  }
  return clean(lines.join('\n'));
}

/** A composite (a name, an address, a number with its assigner) as text: what it has, without the separators. */
export function partsText(segment: Hl7Segment, rep: number): string {
  const texts: string[] = [];
  const components = segment.components(5, rep);
  for (let component = 1; component <= components; component++) {
    const parts = segment.subcomponents(5, rep, component);
    for (let part = 1; part <= parts; part++) {
      const text = clean(segment.get(5, rep, component, part));
      if (text !== '' && text !== '""') texts.push(text);
    }
  }
  return texts.join(' ');
}
