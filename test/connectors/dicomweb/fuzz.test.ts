import { expect, test } from '@jest/globals';
import { fuzzStow } from '../../fuzz/stow.fuzz.ts';

test('malformed requests and objects are answered as the table says', async () => {
  const { sent, answered, failures } = await fuzzStow(300, 20_261_122);
  expect(failures).toEqual([]);
  expect([sent, answered]).toEqual([300, 300]);
});
