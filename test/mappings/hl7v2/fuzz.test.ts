import { expect, test } from '@jest/globals';
import { fuzzMapping } from '../../fuzz/mapping.fuzz.ts';
import { hugeInputs } from '../../fuzz/mapping-inputs.ts';
import { fuzzOverlays } from '../../fuzz/overlays.fuzz.ts';
import { fuzzRows } from '../../fuzz/rows.fuzz.ts';

/** A slice of `npm run fuzz`, without its huge inputs and without its clock. */
const seed = 20_261_122;

test('200 changed messages give valid Bundles, the same bytes again, and no exception', async () => {
  const { failures } = await fuzzMapping(200, seed, { first: hugeInputs, convertMsMax: Infinity });
  expect(failures).toEqual([]);
});

test('60 row files with mistakes load, or are refused with file and line', async () => {
  const { failures } = await fuzzRows(60, seed);
  expect(failures).toEqual([]);
});

test('200 overlays with mistakes load, or are refused with file and line', async () => {
  const { failures } = await fuzzOverlays(200, seed, { loadMsMax: Infinity });
  expect(failures).toEqual([]);
});
