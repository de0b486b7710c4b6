import { describe, expect, test } from '@jest/globals';
import { convert, entriesOf, header, resourceOf } from '../site.ts';

const pid = 'PID|1||1001^^^HOSP^MR||Muster^Max';
const procedure = (when: string, minutes = '', action = '') =>
  resourceOf(
    convert(header('BAR^P12'), pid, `PR1|1||5-470^x^L||${when}||${minutes}${'|'.repeat(13)}${action}`),
    'Procedure',
  );

describe('the time of a procedure', () => {
  test.each([
    [
      '20261122100000',
      '95',
      { performedPeriod: { start: '2026-11-22T10:00:00+01:00', end: '2026-11-22T11:35:00+01:00' } },
    ],
    [
      '20261122233000.5',
      '45',
      { performedPeriod: { start: '2026-11-22T23:30:00.5+01:00', end: '2026-11-23T00:15:00.500+01:00' } },
    ],
    ['20261122100000', '', { performedDateTime: '2026-11-22T10:00:00+01:00' }],
    ['20261122', '95', { performedDateTime: '2026-11-22' }],
    ['20261122100000', '0', { performedDateTime: '2026-11-22T10:00:00+01:00' }],
    ['20261122100000', 'long', { performedDateTime: '2026-11-22T10:00:00+01:00' }],
  ])('%s for %j minutes', (when, minutes, expected) => {
    const { performedDateTime, performedPeriod } = procedure(when, minutes);
    expect({ performedDateTime, performedPeriod }).toMatchObject(expected);
    expect(performedDateTime === undefined).toBe(performedPeriod !== undefined);
  });
});

test.each([
  ['', 'completed'],
  ['U', 'completed'],
  ['D', 'entered-in-error'],
])('the action code %j gives %s', (action, status) => {
  expect(procedure('20261122', '', action).status).toBe(status);
});

test('an insured person who is the patient is the patient', () => {
  const conversion = convert(header('BAR^P05'), pid, `IN1|1|P1|K1|AOK${'|'.repeat(12)}Muster^Max|SEL`);
  expect(resourceOf(conversion, 'Coverage').subscriber).toEqual({
    reference: entriesOf(conversion, 'Patient')[0]?.fullUrl,
  });
});
