import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { validate } from '../../../formats/fhir/index.ts';
import { isReversed } from '../../../mappings/hl7v2/values/period.ts';
import { convert, header, resourceOf } from '../site.ts';

const pid = 'PID|1||1^^^HOSP^MR||Test^Ann';
const warned = (path: string) =>
  expect.objectContaining({ path, text: expect.stringContaining('before the start') });

describe('a Period that ends before it starts', () => {
  test.each([
    ['2020-01-02', '2020-01-02', false],
    ['2020-01-02T03:00:00+01:00', '2020-01-02', false],
    ['2020-01-02', '2020-01', false],
    ['2020', '2019-12', true],
    ['2020-01-02T03:00:00+01:00', '2020-01-02T02:30:00Z', false],
    ['2020-01-02T03:00:00-05:00', '2020-01-02T04:30:00Z', true],
  ])('%s to %s: %s', (start, end, answer) => expect(isReversed(start, end)).toBe(answer));

  test('keeps the start of a visit, and says so', () => {
    const { issues, ...rest } = convert(header('ADT^A03'), pid, `PV1|1|I${'|'.repeat(42)}20260103|20260102`);
    expect(resourceOf({ issues, ...rest }, 'Encounter').period).toEqual({ start: '2026-01-03' });
    expect(issues).toContainEqual(warned('PV1-45'));
  });

  test('keeps the start within a datatype', () => {
    const name = 'Test^Ann^^^^^L^^^^^20260103^20260102';
    const { issues, ...rest } = convert(header('ADT^A31'), `PID|1||1^^^HOSP^MR||${name}`);
    expect(resourceOf({ issues, ...rest }, 'Patient').name).toMatchObject([
      { period: { start: '2026-01-03' } },
    ]);
    expect(issues).toContainEqual(warned('PID-5'));
  });

  test('stays text as the value of an observation', () => {
    const conversion = convert(
      header('ORU^R01'),
      pid,
      'OBR|1|P|F|X^Y^L',
      'OBX|1|DR|A^B^L||20260103^20260102||||||F',
    );
    expect(resourceOf(conversion, 'Observation')).toMatchObject({ valueString: '20260103 20260102' });
  });

  test('is one to us where it is one to FHIR', () => {
    const moment = fc
      .tuple(
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 0, max: 23 }),
        fc.constantFrom(4, 7, 10, 25),
        fc.constantFrom('+00:00', '-05:00', '+13:00'),
      )
      .map(([day, hour, length, offset]) => {
        const date = new Date(Date.UTC(2019, 11, 20 + day)).toISOString().slice(0, 10);
        return `${date}T${String(hour).padStart(2, '0')}:00:00${offset}`.slice(0, length);
      });
    fc.assert(
      fc.property(moment, moment, (start, end) => {
        const patient = { resourceType: 'Patient', name: [{ family: 'x', period: { start, end } }] };
        expect(validate(patient).length > 0).toBe(isReversed(start, end));
      }),
      { numRuns: 300 },
    );
  });
});

describe('a time of birth', () => {
  const patient = (sent: string) =>
    resourceOf(convert(header('ADT^A31'), `PID|1||1^^^HOSP^MR||Test^Ann||${sent}`), 'Patient');

  test('stands beside the day, and only where it was told', () => {
    expect(patient('20260102')).not.toHaveProperty('_birthDate');
    expect(patient('202601020304')).toMatchObject({
      birthDate: '2026-01-02',
      _birthDate: { extension: [{ valueDateTime: '2026-01-02T03:04:00+01:00' }] },
    });
  });
});
