import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { uidOfUuid } from '../../../mappings/identity/dicom-uid.ts';

test('the example of PS3.5 B.2', () => {
  expect(uidOfUuid('f81d4fae-7dec-11d0-a765-00a0c91e6bf6')).toBe(
    '2.25.329800735698586629295641978511506172918',
  );
});

test('is a UID: at most 64 characters, no leading zero', () => {
  fc.assert(
    fc.property(fc.uuid(), (uuid) => {
      const uid = uidOfUuid(uuid);
      expect(uid).toMatch(/^2\.25\.(0|[1-9]\d*)$/);
      expect(uid.length).toBeLessThanOrEqual(64);
    }),
  );
});
