import type { FhirObject } from './bundle.ts';

/**
 * FHIR keeps the digits of a decimal as sent (`12.50` is not `12.5`), a JavaScript number does not. The tree holds the number, so
 * that validators see what they expect; the digits are kept beside it and come back when the Bundle is printed.
 */
const digitsOf = new WeakMap<FhirObject, string>();

/** Remembers the digits of `quantity.value` where the number alone would lose them. */
export function keepDigits(quantity: FhirObject, digits: string): void {
  if (String(quantity.value) !== digits) digitsOf.set(quantity, digits);
}

/** The digits of `quantity.value` as sent; undefined where the number has them all. */
export function digitsIn(quantity: FhirObject): string | undefined {
  return digitsOf.get(quantity);
}
