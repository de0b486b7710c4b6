import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { binaryJson, validate } from '../../../formats/fhir/index.ts';

test('a Binary in pieces is the Binary, of the length that was told', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }), async (parts) => {
      const whole = Buffer.concat(parts);
      const json = binaryJson('Binary/a-1', 'application/pdf', whole.length);
      const pieces: Uint8Array[] = [];
      const given = async function* () {
        yield* parts;
      };
      for await (const piece of json.chunks(given())) pieces.push(piece);
      const text = Buffer.concat(pieces);
      expect(text.length).toBe(json.bytesCount);
      const binary = JSON.parse(text.toString());
      expect(binary).toEqual({
        resourceType: 'Binary',
        id: 'a-1',
        contentType: 'application/pdf',
        data: whole.toString('base64'),
      });
      if (whole.length > 0) expect(validate(binary)).toEqual([]);
    }),
  );
});

test('base64 has no limit of its own; other texts have', () => {
  const binary = (data: string) => ({ resourceType: 'Binary', contentType: 'application/pdf', data });
  expect(validate(binary('QUJD'.repeat(600_000)))).toEqual([]);
  expect(validate({ ...binary('QUJD'), contentType: 'x'.repeat(2_000_000) })).not.toEqual([]);
});
