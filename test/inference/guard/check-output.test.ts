import { expect, test } from '@jest/globals';
import { checkOutput } from '../../../inference/guard/check-output.ts';

test.each([
  [[0.5], null],
  [[0], null],
  [[1], null],
  [[Number.NaN], 'BH_MODEL_OUTPUT'],
  [[Number.POSITIVE_INFINITY], 'BH_MODEL_OUTPUT'],
  [[1.0001], 'BH_MODEL_OUTPUT'],
  [[-0.0001], 'BH_MODEL_OUTPUT'],
  [[], 'BH_MODEL_OUTPUT'],
  [[0.5, 0.5], 'BH_MODEL_OUTPUT'],
])('an output of %p is judged', (values, code) => {
  expect(checkOutput(Float32Array.from(values), [0, 1])?.code ?? null).toBe(code);
});
