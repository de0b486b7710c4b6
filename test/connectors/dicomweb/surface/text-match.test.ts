import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dateRange, listOf, wildcard } from '../../../../connectors/dicomweb/surface/text-match.ts';

test('wildcards match as a regular expression of the same meaning does', () => {
  const letters = fc.constantFrom('a', 'B', '^', ' ', 'é');
  const value = fc.string({ unit: letters, maxLength: 12 });
  const pattern = fc.string({ unit: fc.oneof(letters, fc.constantFrom('*', '?')), maxLength: 8 });
  fc.assert(
    fc.property(pattern, value, (asked, text) => {
      const trimmed = asked.trim();
      fc.pre(/[*?]/.test(trimmed));
      const source = trimmed.replace(/[\^]/g, '\\^').replaceAll('*', '.*').replaceAll('?', '.');
      expect(wildcard(asked)(text)).toBe(new RegExp(`^${source}$`, 'isu').test(text.normalize('NFC')));
    }),
    { numRuns: 2_000 },
  );
});

test('a pattern that drives backtracking matchers mad is quick', () => {
  // A matcher that tries every way would not come to an end within the time of a test.
  expect(wildcard(`${'a*'.repeat(128)}c`)(`${'a'.repeat(10_000)}b`)).toBe(false);
});

test('whole values match without regard to case, carets behind them and padding', () => {
  expect(wildcard('Lindqvist^Astrid')('LINDQVIST^ASTRID^^')).toBe(true);
  expect(wildcard('Lindqvist')('LINDQVIST^ASTRID')).toBe(false);
  expect(wildcard('lind*')('LINDQVIST^ASTRID')).toBe(true);
});

test('lists and ranges', () => {
  expect(['CT', 'MR', 'US', ''].filter(listOf('CT\\MR, XA'))).toEqual(['CT', 'MR']);
  const days = ['', '20251231', '20260101', '20260301', '20260302'];
  expect(days.filter(dateRange('20260101-20260301'))).toEqual(['20260101', '20260301']);
  expect(days.filter(dateRange('-20260101'))).toEqual(['20251231', '20260101']);
  expect(days.filter(dateRange('20260302-'))).toEqual(['20260302']);
  expect(days.filter(dateRange('20260301'))).toEqual(['20260301']);
  for (const wrong of ['2026', '-', '20260101-x', '20260101--']) expect(() => dateRange(wrong)).toThrow();
});
