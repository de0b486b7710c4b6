import { assert } from '../../../core/assert.ts';

/** PS3.5 6.2: DS has at most 16 characters. */
const charsMax = 16;

/** A number as DS or IS: whole, or with as many digits as the 16 characters hold. */
export function decimalString(value: number): string {
  assert(Number.isFinite(value), 'a decimal string of no finite number');
  const plain = String(value);
  if (plain.length <= charsMax) return plain;
  for (let digits = charsMax; digits > 0; digits -= 1) {
    const text = String(Number(value.toPrecision(digits)));
    if (text.length <= charsMax) return text;
  }
  return value.toExponential(8);
}
