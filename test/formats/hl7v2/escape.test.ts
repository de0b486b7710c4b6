import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  escapeText,
  parseMessage,
  printMessage,
  standardDelimiters,
  unescapeText,
} from '../../../formats/hl7v2/index.ts';

const read = (raw: string): string => unescapeText(raw, standardDelimiters, 'utf-8');

test('any text survives escaping, and holds no separator then', () => {
  const text = fc.string({ unit: 'binary' }).filter((t) => !/\p{Surrogate}/u.test(t));
  fc.assert(
    fc.property(text, (value) => {
      const escaped = escapeText(value, standardDelimiters);
      expect(read(escaped)).toBe(value);
      expect(escaped).not.toMatch(/[|^~&\0-\x1f]/);
    }),
  );
});

test('any values survive printing and parsing', () => {
  const value = fc.string({
    unit: fc.constantFrom('a', '|', '^', '~', '&', '\\', '\r', '\n', '\x0b', '\x1c', 'ü', '王', 'H', '.'),
  });
  const fields = fc.array(
    fc.array(fc.array(value, { minLength: 2, maxLength: 3 }), { minLength: 2, maxLength: 3 }),
  );
  fc.assert(
    fc.property(fields, (values) => {
      const bytes = printMessage([
        { name: 'MSH', fields: ['A', 'B'] },
        { name: 'ZZZ', fields: values },
      ]);
      const zzz = parseMessage(bytes).first('ZZZ')!;
      for (const [f, components] of values.entries()) {
        for (const [c, parts] of components.entries()) {
          const read = parts.map((_, s) => zzz.get(f + 1, 1, c + 1, s + 1));
          expect(read).toEqual(parts);
        }
      }
    }),
  );
});

test.each([
  ['a\\.sp\\b', 'a\nb'],
  ['a\\.sp2\\b', 'a\n\nb'],
  ['a\\.sp+2\\b', 'a\n\nb'],
  ['\\H\\bold\\N\\', 'bold'],
  ['\\Zxx\\F\\Q', '\\Zxx\\F\\Q'],
  ['c:\\dir\\F\\x', 'c:\\dir|x'],
  ['\\X41\\\\XC3BC\\', 'Aü'],
  ['\\X4\\', '\\X4\\'],
  ['\\XZZ\\', '\\XZZ\\'],
  ['\\.in+4\\', '\\.in+4\\'],
  ['\\C2842\\', '\\C2842\\'],
  ['\\P\\', '\\P\\'],
  ['\\', '\\'],
  ['\\\\', '\\\\'],
])('%s reads as %j', (raw, expected) => {
  expect(read(raw)).toBe(expected);
});
