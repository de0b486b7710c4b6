import { describe, expect, test } from '@jest/globals';
import { printBundle } from '../../../mappings/index.ts';
import { convert, header, resourceOf } from '../site.ts';

const admission = (patient: string, phone: string, time?: string) =>
  convert(
    header('ADT^A01', time),
    `PID|1||${patient}^^^HOSP^MR||Doe^Jane||19700101|F|||||${phone}`,
    'PV1|1|I|W1^2^3^HOSP||||1001^Muster^Max^^^Dr^^^HOSP',
    'DG1|1||J18.9^Pneumonia^I10|Own words',
  );
const phone = '^PRN^PH^^41^44^555^^^^^^20260101080000';
/** The first two readings are taken down, later ones come from memory. */
const often = <T>(read: () => T): readonly T[] => [read(), read(), read(), read()];

describe('what recurs', () => {
  test('gives the same bytes from memory as at first, and those of JSON.stringify', () => {
    const [first, ...later] = often(() => admission('1', phone).bundle);
    expect(printBundle(first!)).toBe(JSON.stringify(first));
    for (const bundle of later) expect(printBundle(bundle)).toBe(JSON.stringify(first));
  });

  test('takes the offset of its own message', () => {
    const periodOf = (time: string) =>
      often(() => resourceOf(admission('2', phone, time), 'Patient').telecom).at(-1);
    expect(periodOf('20261122080000+0100')).toMatchObject([
      { period: { start: '2026-01-01T08:00:00+01:00' } },
    ]);
    expect(periodOf('20261122080000-0500')).toMatchObject([
      { period: { start: '2026-01-01T08:00:00-05:00' } },
    ]);
  });

  test('is copied where a row adds to it: the words of one message stay there', () => {
    for (const { bundle } of often(() => admission('3', phone)))
      expect(printBundle(bundle)).toContain('Own words');
    const plain = convert(header('ADT^A01'), 'PID|1||4^^^HOSP^MR', 'PV1|1|I', 'DG1|1||J18.9^Pneumonia^I10');
    expect(printBundle(plain.bundle)).not.toContain('Own words');
  });

  test('raises its issue in every message', () => {
    const issues = often(() => admission('5', '^PRN^PH^^^^1~^^^^^^^^^^^^20269999')).map((one) => one.issues);
    for (const one of issues) expect(one).toEqual(issues[0]);
  });
});
