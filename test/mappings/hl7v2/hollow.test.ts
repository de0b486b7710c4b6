import { describe, expect, test } from '@jest/globals';
import { convert, header, resourceOf } from '../site.ts';

const pid = 'PID|1||1^^^HOSP^MR||Test^Ann';
const observation = (value: string) =>
  resourceOf(
    convert(header('ORU^R01'), pid, 'OBR|1|P|F|X^Y^L', `OBX|1|ST|A^B^L||${value}||||||X`),
    'Observation',
  );

describe('what holds nothing but separators and blanks', () => {
  test.each(['&&&&', '^^', ' ', '~'])('is no value of an observation: %j', (value) => {
    const found = observation(value);
    expect(found).not.toHaveProperty('valueString');
    expect(found).toHaveProperty('dataAbsentReason');
  });

  test.each(['+', '<', '++&'])('a sign is one: %j', (value) => {
    expect(observation(value)).toHaveProperty('valueString');
  });

  test('is no control id of the message', () => {
    const head = header('ADT^A01').replace('|C1|', '| |');
    expect(resourceOf(convert(head, pid), 'Provenance')).not.toHaveProperty('entity');
  });
});
