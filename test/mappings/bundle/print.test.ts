import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Bundle, BundleEntry, FhirObject } from '../../../mappings/bundle/bundle.ts';
import { keepDigits } from '../../../mappings/bundle/decimals.ts';
import { keep } from '../../../mappings/bundle/kept.ts';
import { printBundle } from '../../../mappings/bundle/print.ts';

/** Any text, lone surrogates, quotes and control characters among them. */
const text = fc.string({ unit: 'binary' });
const { tree } = fc.letrec((tie) => ({
  tree: fc.dictionary(fc.string({ minLength: 1 }), tie('value'), { maxKeys: 4, noNullPrototype: true }),
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.integer(),
    fc.boolean(),
    tie('tree'),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
}));
const entry = fc
  .record({ fullUrl: text, rest: tree, url: text, ifNoneExist: fc.option(text), isKept: fc.boolean() })
  .map(({ fullUrl, rest, url, ifNoneExist, isKept }): BundleEntry => {
    const resource = { resourceType: 'Patient', ...(rest as FhirObject) };
    const condition = ifNoneExist === null ? {} : { ifNoneExist };
    const made: BundleEntry = { fullUrl, resource, request: { method: 'POST', url, ...condition } };
    return isKept ? keep(made) : made;
  });

test('prints what JSON.stringify prints, the first time and again', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 4 }), fc.option(text), (entries, timestamp) => {
      const time = timestamp === null ? {} : { timestamp };
      const bundle: Bundle = { resourceType: 'Bundle', type: 'transaction', ...time, entry: entries };
      const expected = JSON.stringify(bundle);
      expect(printBundle(bundle)).toBe(expected);
      expect(printBundle(bundle)).toBe(expected);
    }),
  );
});

test('a decimal keeps the digits that were sent', () => {
  const valueQuantity: FhirObject = { value: 12.5, unit: 'mmol/L' };
  keepDigits(valueQuantity, '12.50');
  const resource = { resourceType: 'Observation', valueQuantity };
  const entry: BundleEntry = {
    fullUrl: 'urn:uuid:1',
    resource,
    request: { method: 'POST', url: 'Observation' },
  };
  expect(printBundle({ resourceType: 'Bundle', type: 'transaction', entry: [entry] })).toContain(
    '"valueQuantity":{"value":12.50,"unit":"mmol/L"}',
  );
});
