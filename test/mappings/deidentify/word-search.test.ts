import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { WordSearch } from '../../../mappings/deidentify/word-search.ts';

test('finds what a search of each word finds, at the same places', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'é', 'İ', ' '), maxLength: 6 });
  fc.assert(
    fc.property(
      fc.array(letters, { maxLength: 6 }),
      fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'é', ' '), maxLength: 30 }),
      (words, text) => {
        const wanted = words
          .filter((word) => word !== '')
          .map((word) => (word.includes('İ') ? word : word.toLowerCase()));
        const lower = text.toLowerCase();
        expect(new WordSearch(words).isIn(text)).toBe(wanted.some((word) => lower.includes(word)));
        const places = new Set<string>();
        new WordSearch(words).isIn(text, (given, start, end, word) => {
          expect(given.slice(start, end)).toBe(word);
          places.add(`${start} ${word}`);
          return false;
        });
        const all = wanted.flatMap((word) =>
          Array.from({ length: text.length }, (_, at) => at)
            .filter((at) => lower.startsWith(word, at))
            .map((at) => `${at} ${word}`),
        );
        expect([...places].sort()).toEqual([...new Set(all)].sort());
      },
    ),
  );
});

test('five hundred names that begin alike do not make a long text longer', () => {
  const names = Array.from({ length: 500 }, (_, at) => `${'A'.repeat(50)}${at}`);
  const steps = { count: 0 };
  const found = new WordSearch([...names, 'a']).isIn('A'.repeat(1_000_000), () => {
    steps.count += 1;
    return false;
  });
  expect([found, steps.count]).toEqual([false, 1_000_000]);
});
