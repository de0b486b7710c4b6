import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { orphans } from '../../../server/compose/orphans.ts';

async function* ascending(values: readonly string[]): AsyncGenerator<string> {
  yield* [...new Set(values)].sort();
}

test('property: orphans are what is stored and not in use', async () => {
  const names = fc.array(fc.stringMatching(/^[0-9a-f]{1,2}$/), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(names, names, async (stored, inUse) => {
      const found: string[] = [];
      for await (const hash of orphans(ascending(stored), ascending(inUse))) found.push(hash);
      expect(found).toEqual([...new Set(stored)].filter((name) => !inUse.includes(name)).sort());
    }),
  );
});
