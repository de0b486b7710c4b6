import type { FhirObject } from '../../bundle/bundle.ts';
import type { CodeTable } from '../compiler/code-table.ts';
import { pathOf } from '../run.ts';
import { unitOf } from './coded.ts';
import { readNumber } from './number.ts';
import { shown } from './primitives.ts';
import { quantityOf } from './quantity.ts';
import { durationOf, type TimeUnit, timeSpan, timeUnit } from './time-unit.ts';
import { type Convert, partAt, type RowOptions, textAt, type ValueType } from './value-type.ts';

type Place = Parameters<Convert>;

/**
 * Amounts of which a fellow field has the unit: a row names it (`unit: RXE-5`). A dose has no comparator in FHIR (SimpleQuantity), and one of
 * `<5` is not a dose of 5: it is left out with an issue, and stays in the residue.
 */
export function amountTypes(registry: CodeTable): { readonly [as: string]: ValueType } {
  const amountAt = (place: Place, unitField: number | undefined): FhirObject | undefined => {
    const [run, segment, field, rep, component, subcomponent] = place;
    const text = textAt(segment, field, rep, component, subcomponent);
    if (text === '') return undefined;
    const amount = exactly(text);
    if (amount === undefined) {
      run.issue('warning', 'value', pathOf(...place), `not an amount: ${shown(text)}`);
      return undefined;
    }
    return unitField === undefined ? amount : Object.assign(amount, unitIn(place, unitField, registry));
  };
  return {
    'NM>amount': {
      yields: ['Quantity', 'SimpleQuantity'],
      covers: 'leaf',
      compile:
        ({ unitField }) =>
        (...place) =>
          amountAt(place, unitField),
    },
    'NM>Range': {
      yields: ['Range'],
      covers: 'leaf',
      compile:
        ({ unitField, highField }) =>
        (...place) => {
          const [run, segment, field] = place;
          const low = amountAt(place, unitField);
          const high = low && amountAt([run, segment, highField ?? field, 1, 0, 0], unitField);
          if (low === undefined || high === undefined) return undefined;
          if ((low.value as number) > (high.value as number)) {
            run.issue('warning', 'value', pathOf(...place), 'the least of a range is more than its most');
            return undefined;
          }
          if (highField !== undefined)
            run.take(segment, highField, { rep: 1, component: 0, subcomponent: 0, covers: 'leaf' });
          return { low, high };
        },
    },
    'NM>Ratio': {
      yields: ['Ratio'],
      covers: 'leaf',
      compile: (options) => {
        const per = perOf(options, registry);
        return (...place) => {
          const numerator = amountAt(place, options.unitField);
          const denominator = numerator === undefined ? undefined : per(place);
          return numerator === undefined || denominator === undefined
            ? undefined
            : { numerator, denominator };
        };
      },
    },
    ...compositeTypes(registry),
  };
}

/** CQ (HL7 v2.5.1 2.A.14): an amount and its unit. */
function compositeTypes(registry: CodeTable): { readonly [as: string]: ValueType } {
  const covers = [undefined, 'leaf', 'all'] as const;
  return {
    'CQ>amount': {
      yields: ['Quantity', 'SimpleQuantity'],
      covers,
      compile: () => (run, segment, field, rep, component, subcomponent) => {
        // Several timings in one field (RXE-1) have an amount each: the first is not that of all.
        if (component !== 0 && segment.repetitions(field) > 1) return undefined;
        const text = partAt(segment, field, rep, component, subcomponent, 1);
        if (text === '') return undefined;
        const amount = exactly(text);
        if (amount === undefined) {
          run.issue('warning', 'value', pathOf(run, segment, field, rep), `not an amount: ${shown(text)}`);
          return undefined;
        }
        if (component !== 0) {
          const unit = partAt(segment, field, rep, component, subcomponent, 2);
          return unit === '' ? amount : Object.assign(amount, { unit });
        }
        return Object.assign(amount, unitOf([run, segment, field, rep, 2, 0], registry));
      },
    },
    'CQ>Duration': {
      yields: ['Duration', 'Quantity'],
      covers,
      compile:
        () =>
        (...place) => {
          const span = spanOf(place);
          return span && durationOf(span.count, span.unit);
        },
    },
    'CQ>timeCount': {
      yields: ['decimal'],
      covers,
      compile:
        () =>
        (...place) =>
          spanOf(place)?.count,
    },
    'CQ>timeUnit': {
      yields: ['code'],
      covers,
      compile:
        () =>
        (...place) =>
          spanOf(place)?.unit,
    },
  };
}

/** A number of a unit of time, when both are there and right. */
export function spanOf(place: Place): { readonly count: number; readonly unit: TimeUnit } | undefined {
  const [run, segment, field, rep, component, subcomponent] = place;
  const text = partAt(segment, field, rep, component, subcomponent, 1);
  if (text === '') return undefined;
  const number = readNumber(text);
  const unit = timeUnit(partAt(segment, field, rep, component, subcomponent, 2));
  if (
    number !== null &&
    number.comparator === undefined &&
    !number.digits.startsWith('-') &&
    unit !== undefined
  )
    return { count: Number(number.digits), unit };
  const sent = segment.value(field, rep);
  run.issue('warning', 'value', pathOf(run, segment, field, rep), `not a time span: ${shown(sent)}`);
  return undefined;
}

function exactly(text: string): FhirObject | undefined {
  const quantity = quantityOf(text);
  return quantity === null || quantity.comparator !== undefined ? undefined : quantity;
}

/** The unit that another field of the segment holds; it counts as read. */
function unitIn([run, segment]: Place, field: number, registry: CodeTable): FhirObject | undefined {
  const unit = unitOf([run, segment, field, 1, 0, 0], registry);
  if (unit !== undefined)
    run.take(segment, field, {
      rep: 1,
      component: 0,
      subcomponent: 0,
      covers: [undefined, 'leaf', 'leaf', 'leaf'],
    });
  return unit;
}

/** What an amount is for: the number of another field, a time (`H1`), or one. */
function perOf(
  { perField, perUnitField }: RowOptions,
  registry: CodeTable,
): (place: Place) => FhirObject | undefined {
  if (perField === undefined) return () => ({ value: 1 });
  return (place) => {
    const [run, segment] = place;
    const text = textAt(segment, perField, 1, 0, 0);
    if (text === '') return { value: 1 };
    const span = timeSpan(text);
    const amount = span === undefined ? exactly(text) : durationOf(span.count, span.unit);
    if (amount === undefined) {
      run.issue('warning', 'value', pathOf(run, segment, perField), `not an amount or time: ${shown(text)}`);
      return undefined;
    }
    run.take(segment, perField, { rep: 1, component: 0, subcomponent: 0, covers: 'leaf' });
    return perUnitField === undefined ? amount : Object.assign(amount, unitIn(place, perUnitField, registry));
  };
}
