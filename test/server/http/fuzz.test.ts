import { expect, test } from '@jest/globals';
import { fuzzHttp } from '../../fuzz/http.fuzz.ts';

test('a few hundred malformed requests are each answered as they should be', async () => {
  const { sent, failures } = await fuzzHttp(400, 20_261_122);
  expect(failures).toEqual([]);
  expect(sent).toBe(400);
});
