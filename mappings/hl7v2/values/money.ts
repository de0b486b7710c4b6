import type { FhirObject } from '../../bundle/bundle.ts';
import { keepDigits } from '../../bundle/decimals.ts';
import { pathOf } from '../run.ts';
import { readNumber } from './number.ts';
import { shown } from './primitives.ts';
import { type Convert, partAt, type ValueType } from './value-type.ts';

/**
 * CP and MO (HL7 v2.5.1 2.A.16, 2.A.41) as Money. CP.1 is an MO, whose parts are then subcomponents; a plain number is an amount too. Digits
 * stay as sent. Without a denomination there is no currency: the one of MSH-17's country would be a guess about money.
 */
const money = (covers: ValueType['covers'], sign: (digits: string) => string): ValueType => ({
  yields: ['Money'],
  covers,
  isSelfContained: true,
  compile: () => (run, segment, field, rep, component, subcomponent) => {
    const inner = component === 0 ? 1 : component;
    const amount = partAt(segment, field, rep, inner, 0, 1);
    if (amount === '') return undefined;
    const place: Parameters<Convert> = [run, segment, field, rep, component, subcomponent];
    const number = readNumber(amount);
    if (number === null || number.comparator !== undefined) {
      run.issue('warning', 'value', pathOf(...place), `not an amount: ${shown(amount)}`);
      return undefined;
    }
    const digits = sign(number.digits);
    const found: FhirObject = { value: Number(digits) };
    keepDigits(found, digits);
    const sent = partAt(segment, field, rep, inner, 0, 2);
    const currency = sent.toUpperCase();
    if (/^[A-Z]{3}$/.test(currency)) found.currency = currency;
    else {
      const what = sent === '' ? 'no currency' : `not an ISO 4217 currency: ${shown(sent)}`;
      run.issue(sent === '' ? 'information' : 'warning', 'value', pathOf(...place), what);
    }
    return found;
  },
});

const amount: ValueType['covers'] = [undefined, 'leaf', 'leaf'];

export const moneyTypes: { readonly [as: string]: ValueType } = {
  'CP>Money': money([undefined, amount], (digits) => digits),
  /** A component that is an amount (UVC.2). */
  'MO>Money': money(amount, (digits) => digits),
  // A credit takes away from the account, whether or not its sender wrote a minus.
  'CP>credit': money([undefined, amount], (digits) => (/^-|^0(\.0*)?$/.test(digits) ? digits : `-${digits}`)),
};
