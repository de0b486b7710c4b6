import { expect, test } from '@jest/globals';
import { fuzzDimse } from '../../fuzz/dimse.fuzz.ts';

// `npm run fuzz` sends 10,000.
test('malformed associations, commands and objects are answered as specified', async () => {
  const { sent, answered, failures } = await fuzzDimse(600, 20_261_129);
  expect(failures).toEqual([]);
  expect(answered).toBe(sent);
});
