import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Utf8Block } from '../../../pipelines/steps/utf8-block.ts';

test('texts one after another stay whole, whatever their length and characters', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.integer({ min: 0, max: 200_000 }).map((length) => 'ü'.repeat(length)),
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 20 }), (texts) => {
      const block = new Utf8Block();
      const encoded = texts.map((one) => block.encode(one));
      expect(encoded.map((bytes) => Buffer.from(bytes).toString('hex'))).toEqual(
        texts.map((one) => Buffer.from(one, 'utf8').toString('hex')),
      );
    }),
    { numRuns: 50 },
  );
});
