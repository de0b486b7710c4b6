import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pseudonymsOf } from '../../../mappings/deidentify/pseudonyms.ts';
import { shiftDate } from '../../../mappings/deidentify/shift-date.ts';
import { pseudonyms, secret } from './planted.ts';

const uid = fc
  .array(fc.nat({ max: 999_999 }), { minLength: 2, maxLength: 8 })
  .map((parts) => `1.2.${parts.join('.')}`);

describe('a pseudonym', () => {
  test('is the same for the same original and key, another for another', () => {
    fc.assert(
      fc.property(uid, uid, (a, b) => {
        expect(pseudonyms.uid(a)).toBe(pseudonymsOf(secret).uid(a));
        expect(pseudonyms.uid(a) === pseudonyms.uid(b)).toBe(a === b);
        expect(pseudonymsOf(`${secret}!`).uid(a)).not.toBe(pseudonyms.uid(a));
      }),
    );
  });

  test('of a UID is a valid UID: 2.25 and a UUID of version 8', () => {
    fc.assert(
      fc.property(uid, (original) => {
        const made = pseudonyms.uid(original);
        expect(made).toMatch(/^2\.25\.[1-9]\d{0,38}$/);
        const uuid = BigInt(made.slice(5));
        expect([uuid >> 128n, (uuid >> 76n) & 15n, (uuid >> 62n) & 3n]).toEqual([0n, 8n, 2n]);
      }),
    );
  });

  test('is known to the holder of the key and to nobody else', () => {
    fc.assert(
      fc.property(uid, fc.string(), (original, name) => {
        expect(pseudonyms.isOwnUid(pseudonyms.uid(original))).toBe(true);
        expect(pseudonyms.isOwnUid(original)).toBe(false);
        expect(pseudonymsOf(`${secret}!`).isOwnUid(pseudonyms.uid(original))).toBe(false);
        expect(pseudonyms.isOwnPatient(pseudonyms.patient(name))).toBe(true);
        expect(pseudonyms.isOwnPatient(name)).toBe(false);
      }),
    );
    expect(pseudonyms.isOwnUid('2.25.123')).toBe(false);
    expect(pseudonyms.isOwnUid(`2.25.${2n ** 130n}`)).toBe(false);
  });

  test('needs a key worth the name', () => {
    expect(() => pseudonymsOf('short')).toThrow('BH_CONFIG_SECRET');
  });
});

describe('dates', () => {
  test('of a patient move by 1 to 3650 days, all by the same', () => {
    fc.assert(
      fc.property(fc.string(), (patient) => {
        const days = pseudonyms.shiftDays(patient);
        expect(days).toBeLessThanOrEqual(-1);
        expect(days).toBeGreaterThanOrEqual(-3650);
        expect(pseudonyms.shiftDays(patient)).toBe(days);
      }),
    );
  });

  test('keep their intervals, over leap years and centuries', () => {
    const day = fc.date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
    const print = (date: Date): string => date.toISOString().slice(0, 10).replaceAll('-', '');
    const read = (text: string): number =>
      Date.UTC(Number(text.slice(0, 4)), Number(text.slice(4, 6)) - 1, Number(text.slice(6, 8)));
    fc.assert(
      fc.property(day, day, fc.integer({ min: -3650, max: -1 }), (a, b, days) => {
        const [from, to] = [shiftDate(print(a), days), shiftDate(print(b), days)];
        expect(read(to ?? '') - read(from ?? '')).toBe(read(print(b)) - read(print(a)));
        expect(shiftDate(from ?? '', -days)).toBe(print(a));
      }),
    );
  });

  test.each([
    ['20240301', '20240229'],
    ['2024.03.01', '20240229'],
    ['20240301101112.5+0100', '20240229101112.5+0100'],
    ['202403', '202402'],
    ['2024', '2023'],
    ['20240230', undefined],
    ['yesterday', undefined],
    ['20240301 Smith', undefined],
    ['', undefined],
  ])('%s a day earlier is %s', (given, moved) => {
    expect(shiftDate(given, -1)).toBe(moved);
  });
});
