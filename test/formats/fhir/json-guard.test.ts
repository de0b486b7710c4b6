import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseFhirJson } from '../../../formats/fhir/index.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('parseFhirJson', () => {
  test('gives what JSON.parse gives for any JSON without __proto__', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!text.includes('__proto__'));
        expect(parseFhirJson(bytes(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  test.each([
    ['empty', ''],
    ['cut', '{"a": [1, 2'],
    ['string not closed', '{"a": "x'],
    ['name twice', '{"a": 1, "b": {"a": 2}, "a": 3}'],
    ['name twice, one escaped', '{"a": 1, "\\u0061": 3}'],
    ['__proto__', '{"a": {"__proto__": {"x": 1}}}'],
    ['__proto__ escaped', '{"\\u005f_proto__": 1}'],
    ['depth', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
    ['trailing text', '{} x'],
    ['single quotes', "{'a': 1}"],
    ['broken escape in a name', '{"\\u00": 1}'],
  ])('refuses %s', (_what, text) => {
    expect(() => parseFhirJson(bytes(text))).toThrow(/BH_FHIR_SYNTAX/);
  });

  test('refuses bytes that are not UTF-8', () => {
    expect(() => parseFhirJson(Uint8Array.of(0x22, 0xff, 0xfe, 0x22))).toThrow(/not UTF-8/);
  });

  test('one name in several objects, and quotes and backslashes in strings, are fine', () => {
    const value = { a: [{ a: '"\\' }, { a: '\\\\"{' }], b: { a: ':' } };
    expect(parseFhirJson(bytes(JSON.stringify(value)))).toEqual(value);
  });

  test('a string of backslashes and quotes is read in linear time', () => {
    const text = JSON.stringify({ a: '\\"'.repeat(500_000) });
    expect(parseFhirJson(bytes(text))).toEqual(JSON.parse(text));
  });
});
