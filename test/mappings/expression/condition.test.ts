import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BitHiveError } from '../../../core/errors.ts';
import { compileCondition } from '../../../mappings/index.ts';

type Subject = { readonly [path: string]: readonly string[] };
const holds = (source: string, subject: Subject): boolean =>
  compileCondition<Subject>(source, (path) => (s) => s[path] ?? [])(subject);

describe('a condition', () => {
  const adt: Subject = { 'MSH-9.1': ['ADT'], 'MSH-9.2': ['A01'], 'PID-3.1': ['1', '2'], 'PV1-45': ['""'] };

  test.each([
    ["MSH-9.1 = 'ADT'", true],
    ['MSH-9.1 = ADT', true],
    ['MSH-9.1 = "ORM"', false],
    ["MSH-9.1 != 'ORM'", true],
    ['MSH-9.1 in {ADT, ORM, OMI}', true],
    ['MSH-9.1 not in {ADT, ORM}', false],
    ['PID-3.1 valued', true],
    ['PID-3.1 not valued', false],
    ['ORC-1 valued', false],
    ['ORC-1 not valued', true],
    ['PV1-45 valued', false],
    ["PID-3.1 = '2'", true],
    ["PID-3.1 != '2'", false],
    ["ORC-1 != 'CA'", true],
    ["not MSH-9.1 = 'ADT'", false],
    ["MSH-9.1 = 'X' or MSH-9.1 = 'ADT' and MSH-9.2 = 'A02'", false],
    ["(MSH-9.1 = 'X' or MSH-9.1 = 'ADT') and MSH-9.2 = 'A01'", true],
    ["MSH-9.1 = 'ADT' or MSH-9.1 = 'X' and MSH-9.2 = 'nothing'", true],
    ['NOT (ORC-1 VALUED OR ORC-2 VALUED)', true],
  ])('%s is %s', (source, expected) => {
    expect(holds(source, adt)).toBe(expected);
  });

  test('a doubled quote stands for itself', () => {
    expect(holds("PID-5.1 = 'O''Hara'", { 'PID-5.1': ["O'Hara"] })).toBe(true);
  });

  test.each([
    ['', 1],
    ['PID-3.1', 8],
    ["PID-3.1 = 'x", 11],
    ['PID-3.1 in {a, }', 16],
    ['PID-3.1 in {a b}', 15],
    ['(PID-3.1 valued', 16],
    ['PID-3.1 valued valued', 16],
    ['PID-3.1 not', 12],
    ['PID-3.1 & x', 9],
    ["'x' = PID-3.1", 1],
  ])('%j is refused at column %i', (source, column) => {
    expect(() => holds(source, {})).toThrow(new RegExp(`^BH_CONFIG_EXPRESSION: column ${column}:`));
  });

  test('a path that its resolver refuses is refused with its column', () => {
    const refuse = (path: string): never => {
      throw new BitHiveError('BH_HL7_PATH', `no ${path}`);
    };
    expect(() =>
      compileCondition('A valued and B valued', (p) => (p === 'B' ? refuse(p) : () => [])),
    ).toThrow(/column 14: .*no B/);
  });

  test('depth and length are bounded', () => {
    expect(() => holds(`${'('.repeat(200)}A valued${')'.repeat(200)}`, {})).toThrow(/nested too deep/);
    expect(() => holds(`A = '${'x'.repeat(5000)}'`, {})).toThrow(/longer than/);
  });

  test('any text compiles or is refused with a code, never otherwise', () => {
    const piece = fc.constantFrom(
      'A',
      'valued',
      'not',
      'and',
      'or',
      'in',
      '(',
      ')',
      '{',
      '}',
      ',',
      '=',
      "'v'",
      '"',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((p) => p.join(' ')),
        ),
        (source) => {
          try {
            holds(source, { A: ['v'] });
          } catch (error) {
            expect(error).toBeInstanceOf(BitHiveError);
            expect((error as BitHiveError).code).toBe('BH_CONFIG_EXPRESSION');
          }
        },
      ),
    );
  });

  test('de Morgan holds', () => {
    const values = fc.record({
      A: fc.array(fc.constantFrom('', 'v', '""')),
      B: fc.array(fc.constantFrom('', 'w')),
    });
    fc.assert(
      fc.property(values, (s) => {
        expect(holds('not (A valued and B valued)', s)).toBe(holds('A not valued or B not valued', s));
      }),
    );
  });
});
