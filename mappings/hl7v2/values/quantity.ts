import type { FhirObject } from '../../bundle/bundle.ts';
import { keepDigits } from '../../bundle/decimals.ts';
import { pathOf } from '../run.ts';
import { readNumber } from './number.ts';
import { shown } from './primitives.ts';
import { textAt, type ValueType } from './value-type.ts';

/** A number as a Quantity with its comparator and digits; null when the text is not strictly a number. */
export function quantityOf(text: string): FhirObject | null {
  const number = readNumber(text);
  if (number === null) return null;
  const quantity: FhirObject = { value: Number(number.digits) };
  if (number.comparator !== undefined) quantity.comparator = number.comparator;
  keepDigits(quantity, number.digits);
  return quantity;
}

export const numberQuantity: ValueType = {
  yields: ['Quantity', 'SimpleQuantity'],
  covers: 'leaf',
  compile:
    () =>
    (...place) => {
      const [run, segment, field, rep, component, subcomponent] = place;
      const text = textAt(segment, field, rep, component, subcomponent);
      if (text === '') return undefined;
      const quantity = quantityOf(text);
      if (quantity === null) run.issue('warning', 'value', pathOf(...place), `not a number: ${shown(text)}`);
      return quantity ?? undefined;
    },
};

/** A count of days as a Duration (UCUM `d`). */
export const dayCount: ValueType = {
  yields: ['Duration'],
  covers: 'leaf',
  compile: (options) => {
    const read = numberQuantity.compile(options);
    return (...place) => {
      const quantity = read(...place) as FhirObject | undefined;
      return (
        quantity && Object.assign(quantity, { unit: 'day', system: 'http://unitsofmeasure.org', code: 'd' })
      );
    };
  },
};
