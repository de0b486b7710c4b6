import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { areaMean } from '../../../inference/preprocess/area-mean.ts';
import { centreSquare } from '../../../inference/preprocess/centre-square.ts';
import type { GreyImage } from '../../../inference/preprocess/grey-image.ts';

const image = (rows: number, columns: number, values: readonly number[]): GreyImage => ({
  rows,
  columns,
  values: Float32Array.from(values),
});

test('whole blocks are averaged', () => {
  const from = image(2, 4, [1, 3, 5, 7, 1, 3, 5, 7]);
  expect([...areaMean(from, 1, 2).values]).toEqual([2, 6]);
});

test('a pixel that two outputs share counts for each with its share', () => {
  // 3 to 2: the first output covers all of 0 and half of 3, the second the other half and all of 9.
  const shared = areaMean(image(1, 3, [0, 3, 9]), 1, 2).values;
  expect(shared[0]).toBeCloseTo((0 + 1.5) / 1.5, 6);
  expect(shared[1]).toBeCloseTo((1.5 + 9) / 1.5, 6);
});

test('the mean of the whole is kept and no value leaves the range, for every size', () => {
  const sized = fc
    .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }))
    .chain(([rows, columns]) =>
      fc
        .array(fc.double({ min: 0, max: 1, noNaN: true }), {
          minLength: rows * columns,
          maxLength: rows * columns,
        })
        .map((values) => image(rows, columns, values)),
    );
  const size = fc.integer({ min: 1, max: 40 });
  const meanOf = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  fc.assert(
    fc.property(sized, size, size, (from, rows, columns) => {
      const to = areaMean(from, rows, columns);
      expect(to.values).toHaveLength(rows * columns);
      expect(meanOf(to.values)).toBeCloseTo(meanOf(from.values), 4);
      expect(Math.max(...to.values)).toBeLessThanOrEqual(Math.max(...from.values) + 1e-6);
      expect(Math.min(...to.values)).toBeGreaterThanOrEqual(Math.min(...from.values) - 1e-6);
    }),
  );
});

test('the square is cut from the middle', () => {
  expect([...centreSquare(image(1, 4, [1, 2, 3, 4])).values]).toEqual([2]);
  expect([...centreSquare(image(2, 4, [1, 2, 3, 4, 5, 6, 7, 8])).values]).toEqual([2, 3, 6, 7]);
  expect([...centreSquare(image(4, 2, [1, 2, 3, 4, 5, 6, 7, 8])).values]).toEqual([3, 4, 5, 6]);
});
