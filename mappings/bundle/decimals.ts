import type { Bundle, FhirObject, FhirValue } from './bundle.ts';

/**
 * FHIR keeps the digits of a decimal as sent (`12.50` is not `12.5`), a JavaScript number does not. The tree holds the number, so
 * that validators see what they expect; the digits are kept beside it and come back when the Bundle is printed.
 */
const digitsOf = new WeakMap<FhirObject, string>();
const bundlesWithDigits = new WeakSet<Bundle>();

/** Remembers the digits of `quantity.value`; true when the number alone would lose them. */
export function keepDigits(quantity: FhirObject, digits: string): boolean {
  if (String(quantity.value) === digits) return false;
  digitsOf.set(quantity, digits);
  return true;
}

export function markDigits(bundle: Bundle): void {
  bundlesWithDigits.add(bundle);
}

const mark = '\u0001decimal:';

/** JSON text of a Bundle, with decimals as they were sent. Use it wherever the bytes leave: `JSON.stringify` drops trailing zeros. */
export function printBundle(bundle: Bundle): string {
  if (!bundlesWithDigits.has(bundle)) return JSON.stringify(bundle);
  const text = JSON.stringify(bundle, function (this: FhirObject, name: string, value: FhirValue) {
    const digits = name === 'value' && typeof value === 'number' ? digitsOf.get(this) : undefined;
    return digits === undefined ? value : mark + digits;
  });
  return text.replace(/"\\u0001decimal:([^"]*)"/g, '$1');
}
