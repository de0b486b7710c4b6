import { describe, expect, test } from '@jest/globals';
import { validate } from '../../../formats/fhir/index.ts';
import { orderingKeys } from '../../../mappings/index.ts';
import { convert, entriesOf, header, messageOf } from '../site.ts';

const merge = [
  header('ADT^A40^ADT_A39'),
  'EVN|A40|20261122080000',
  'PID|1||NEW1^^^HOSP^MR||Muster^Max',
  'MRG|OLD1^^^HOSP^MR~OLD2^^^HOSP^PI||||||Muster^M',
];

describe('a merge', () => {
  const conversion = convert(...merge);
  const [survivor, prior] = entriesOf(conversion, 'Patient');

  test('gives the patient that goes on and the one that it replaces', () => {
    expect(survivor?.request.url).toContain('NEW1');
    expect(prior?.request.url).toContain('OLD1');
    expect(survivor?.resource.link).toEqual([{ other: { reference: prior?.fullUrl }, type: 'replaces' }]);
    expect(prior?.resource).toMatchObject({
      active: false,
      link: [{ other: { reference: survivor?.fullUrl }, type: 'replaced-by' }],
      identifier: [
        { value: 'OLD1', use: 'old' },
        { value: 'OLD2', use: 'old' },
      ],
    });
  });

  test('is valid R4 and leaves nothing behind', () => {
    for (const { resource } of conversion.bundle.entry) expect(validate(resource)).toEqual([]);
    expect(conversion.residue).toEqual([]);
  });

  test('several in one message', () => {
    const many = convert(...merge, 'PID|2||NEW2^^^HOSP^MR', 'MRG|OLD9^^^HOSP^MR');
    expect(
      entriesOf(many, 'Patient').map((entry) => (entry.resource.link as { type: string }[])[0]?.type),
    ).toEqual(['replaces', 'replaces', 'replaced-by', 'replaced-by']);
  });
});

describe('ordering keys', () => {
  test('of a merge hold both patients', () => {
    expect(orderingKeys('PID-3.1')(messageOf(...merge))).toEqual(['NEW1', 'OLD1', 'OLD2']);
  });
  test('of any other message are the first value', () => {
    const keys = orderingKeys('PID-3.1');
    expect(keys(messageOf(header('ADT^A08'), 'PID|1||A^^^HOSP^MR~B', 'MRG|C'))).toEqual(['A']);
    expect(keys(messageOf(header('ADT^A08'), 'PID|1'))).toEqual([]);
  });
  test('of an account merge', () => {
    const message = messageOf(header('ADT^A41'), `PID|1||A${'|'.repeat(15)}ACC1`, 'MRG|A||ACC0');
    expect(orderingKeys('PID-18.1')(message)).toEqual(['ACC1', 'ACC0']);
  });
  test('a path that is none is refused', () => {
    expect(() => orderingKeys('PID')).toThrow(/BH_HL7_PATH/);
  });
});
