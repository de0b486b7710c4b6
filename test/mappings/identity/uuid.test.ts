import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nameHash } from '../../../mappings/identity/sha1.ts';
import { joinParts, nameUuid } from '../../../mappings/identity/uuid.ts';

const dns = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';

describe('UUIDs of names', () => {
  test('are those of RFC 9562, appendix A.4', () => {
    expect(nameUuid(dns)('www.example.com')).toBe('2ed6657d-e927-568b-95e1-2665a8aea6a2');
  });

  test('hash as node:crypto does, whatever the name and its length', () => {
    const prefix = Buffer.from(dns.replaceAll('-', ''), 'hex');
    const { digest } = nameHash(prefix);
    const name = fc.oneof(
      fc.string({ maxLength: 300 }),
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.integer({ min: 0, max: 9_000 }).map((length) => 'n'.repeat(length)),
    );
    fc.assert(
      fc.property(name, (text) => {
        const expected = createHash('sha1').update(prefix).update(text).digest();
        const words = Array.from({ length: 5 }, (_, at) => expected.readInt32BE(4 * at));
        expect([...digest(text)]).toEqual(words);
      }),
      { numRuns: 500 },
    );
  });

  test('differ for different lists of parts', () => {
    const parts = fc.array(fc.string({ unit: fc.constantFrom('a', '|', '\\') }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const isSame = JSON.stringify(one) === JSON.stringify(other);
        expect(joinParts(one) === joinParts(other)).toBe(isSame);
      }),
      { numRuns: 500 },
    );
  });
});
