import { describe, expect, test } from '@jest/globals';
import { validate } from '../../../formats/fhir/index.ts';
import { type Conversion, type FhirObject, orderingKeys } from '../../../mappings/index.ts';
import { convert, entriesOf, header, messageOf, resourceOf, resourcesOf } from '../site.ts';

const one = 'PID|1||N1^^^HOSP^MR||Eins^Anna|||||||||||||ACC1';
const two = 'PID|2||N2^^^HOSP^MR||Zwei^Bert|||||||||||||ACC2';
const visit = (number: string, bed: string): string =>
  `PV1|1|I|3N^1^${bed}^HOSP||||||||||||||||${number}^^^HOSP-VN`;

function told(event: string, ...segments: readonly string[]): Conversion {
  const conversion = convert(header(`ADT^${event}`), `EVN|${event}|20261122080000`, ...segments);
  for (const bundle of [conversion.bundle, conversion.before ?? conversion.bundle])
    expect(validate(bundle).filter(({ severity }) => severity === 'error')).toEqual([]);
  return conversion;
}

const patchesOf = ({ bundle }: Conversion) =>
  bundle.entry
    .filter(({ request }) => request.method === 'PATCH')
    .map(({ resource, request }) => ({
      url: request.url,
      operations: JSON.parse(Buffer.from(resource.data as string, 'base64').toString()) as FhirObject[],
    }));

describe('beds that are swapped (A17)', () => {
  const conversion = told('A17', one, visit('V1', '2'), two, visit('V2', '1'));
  test('give each patient their own visit, in the bed that they have now', () => {
    const patients = entriesOf(conversion, 'Patient').map(({ fullUrl }) => fullUrl);
    const visits = resourcesOf(conversion, 'Encounter');
    expect(visits.map(({ subject }) => subject)).toEqual(patients.map((reference) => ({ reference })));
    const beds = visits.map(({ location }) => (location as FhirObject[])[0]?.location as FhirObject);
    const nameOf = (bed: FhirObject | undefined) =>
      entriesOf(conversion, 'Location').find(({ fullUrl }) => fullUrl === bed?.reference)?.resource.name;
    expect(beds.map(nameOf)).toEqual(['2', '1']);
  });
  test('wait for both patients', () => {
    const message = messageOf(header('ADT^A17'), one, visit('V1', '2'), two, visit('V2', '1'));
    expect(orderingKeys('PID-3.1')(message)).toEqual(['N1', 'N2']);
  });
});

describe('two records of one person', () => {
  test('are linked both ways (A24), and both stay', () => {
    const [first, second] = entriesOf(told('A24', one, two), 'Patient');
    expect(first?.resource.link).toEqual([{ other: { reference: second?.fullUrl }, type: 'seealso' }]);
    expect(second?.resource.link).toEqual([{ other: { reference: first?.fullUrl }, type: 'seealso' }]);
  });
  test('are not linked any more (A37)', () => {
    for (const patient of resourcesOf(told('A37', one, two), 'Patient'))
      expect(patient).not.toHaveProperty('link');
  });
  test('of the same number are one record, not linked to itself', () => {
    const patients = resourcesOf(told('A24', one, one), 'Patient');
    expect(patients).toHaveLength(1);
    expect(patients[0]).not.toHaveProperty('link');
  });
});

describe('a number that moves to another patient (A43)', () => {
  test('is theirs now, beside those that they had; nothing is told of who had it', () => {
    const conversion = told('A43', one, 'MRG|N7^^^HOSP^MR|||N2^^^HOSP^PI');
    const patient = resourceOf(conversion, 'Patient');
    expect((patient.identifier as FhirObject[]).map(({ value, use }) => [value, use])).toEqual([
      ['N1', undefined],
      ['N7', undefined],
    ]);
    expect(patchesOf(conversion)).toEqual([]);
    expect(conversion.residue.map(({ path }) => path)).toContain('MRG-4.1');
  });
});

describe('two accounts that are merged into one, in two groups', () => {
  test('are both part of it, and it is told once', () => {
    const conversion = told('A41', one, 'MRG|N1^^^HOSP^MR||ACC7', one, 'MRG|N1^^^HOSP^MR||ACC8');
    expect(patchesOf(conversion)).toHaveLength(2);
    expect(conversion.issues.filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});

describe('two patients who are merged into one, in two groups', () => {
  test('are both replaced by the one that goes on', () => {
    const conversion = told('A40', one, 'MRG|N7^^^HOSP^MR', one, 'MRG|N8^^^HOSP^MR');
    const survivor = resourceOf(conversion, 'Patient');
    expect((survivor.link as FhirObject[]).map(({ type }) => type)).toEqual(['replaces', 'replaces']);
  });
});

describe('a number that changes', () => {
  test('of a patient (A47): the receiver knows them under the old one', () => {
    const [entry, ...others] = entriesOf(told('A47', one, 'MRG|N0^^^HOSP^MR'), 'Patient');
    expect(others).toEqual([]);
    expect(entry?.request.url).toMatch(/%7CN0$/);
    expect(entry?.resource.identifier).toMatchObject([{ value: 'N1' }, { value: 'N0', use: 'old' }]);
  });
  test('of a patient, to the one that it was: nothing is old', () => {
    const [entry] = entriesOf(told('A47', one, 'MRG|N1^^^HOSP^MR'), 'Patient');
    expect(entry?.request.url).toMatch(/%7CN1$/);
    expect(entry?.resource.identifier).toHaveLength(1);
  });
  test('of a visit (A50) leaves patient and account as they are', () => {
    const conversion = told('A50', one, 'MRG|N1^^^HOSP^MR||ACC0||V0^^^HOSP-VN', visit('V1', '1'));
    expect(entriesOf(conversion, 'Encounter')[0]?.request.url).toMatch(/%7CV0$/);
    expect(entriesOf(conversion, 'Patient')[0]?.request.url).toMatch(/%7CN1$/);
    expect(entriesOf(conversion, 'Account')[0]?.request.url).toMatch(/%7CACC1$/);
  });
  test('of an account (A49)', () => {
    const [entry] = entriesOf(told('A49', one, 'MRG|N1^^^HOSP^MR||ACC0'), 'Account');
    expect(entry?.request.url).toMatch(/%7CACC0$/);
    expect(entry?.resource.identifier).toMatchObject([{ value: 'ACC1' }, { value: 'ACC0', use: 'old' }]);
  });
});

describe('what moves to another patient', () => {
  test('an account (A44)', () => {
    const conversion = told('A44', one, 'MRG|N0^^^HOSP^MR||ACC1');
    expect(resourceOf(conversion, 'Account').subject).toEqual([
      { reference: entriesOf(conversion, 'Patient')[0]?.fullUrl },
    ]);
    expect(entriesOf(conversion, 'Account')[0]?.request.url).toMatch(/%7CACC1$/);
  });
  test('visits (A45), each under the number that it had', () => {
    const conversion = told(
      'A45',
      one,
      'MRG|N0^^^HOSP^MR||ACC9||V1^^^HOSP-VN',
      visit('V1', '1'),
      'MRG|N0^^^HOSP^MR||ACC9||V7^^^HOSP-VN',
      visit('V2', '2'),
    );
    const [patient] = entriesOf(conversion, 'Patient');
    const visits = entriesOf(conversion, 'Encounter');
    expect(visits.map(({ request }) => request.url.slice(-5))).toEqual(['%7CV1', '%7CV7']);
    for (const { resource } of visits) expect(resource.subject).toEqual({ reference: patient?.fullUrl });
    // The account of the patient who had the visit stays where it is.
    expect(JSON.stringify(conversion.bundle)).not.toContain('ACC9');
  });
});

describe('what is merged', () => {
  test('accounts (A41): the one that ends is inactive and part of the other; the patient is the same', () => {
    const conversion = told('A41', one, 'MRG|N1^^^HOSP^MR||ACC0');
    expect(patchesOf(conversion)).toEqual([
      {
        url: expect.stringMatching(/^Account.*%7CACC0$/),
        operations: [
          { op: 'add', path: '/status', value: 'inactive' },
          {
            op: 'add',
            path: '/partOf',
            value: { type: 'Account', identifier: expect.objectContaining({ value: 'ACC1' }) },
          },
        ],
      },
    ]);
    expect(resourceOf(conversion, 'Patient')).not.toHaveProperty('link');
  });
  test('visits (A42)', () => {
    const [patch, ...others] = patchesOf(
      told('A42', one, 'MRG|N1^^^HOSP^MR||||V0^^^HOSP-VN', visit('V1', '1')),
    );
    expect(others).toEqual([]);
    expect(patch?.url).toMatch(/^Encounter.*%7CV0$/);
    expect(patch?.operations[0]?.value).toBe('entered-in-error');
  });
  test('are created before where they are not known, with all that they refer to', () => {
    const { before } = told('A42', one, 'MRG|N1^^^HOSP^MR||||V0^^^HOSP-VN', visit('V1', '1'));
    const urls = new Set(before?.entry.map(({ fullUrl }) => fullUrl));
    const references = [...JSON.stringify(before).matchAll(/"reference":"([^"]+)"/g)].map(
      (found) => found[1],
    );
    expect(references.length).toBeGreaterThan(0);
    for (const reference of references) expect(urls).toContain(reference);
    expect(before?.entry.some(({ request }) => request.ifNoneExist?.endsWith('%7CV0'))).toBe(true);
  });
});

describe('other events', () => {
  test.each([
    ['A21', 'onleave'],
    ['A22', 'in-progress'],
    ['A52', 'in-progress'],
    ['A53', 'onleave'],
    ['A23', 'cancelled'],
    ['A54', 'in-progress'],
  ])('%s: the visit is %s', (event, status) => {
    expect(resourceOf(told(event, one, visit('V1', '1')), 'Encounter').status).toBe(status);
  });
  test('A29: the person is not active, and nothing else of them changes', () => {
    expect(patchesOf(told('A29', one))).toEqual([
      {
        url: expect.stringMatching(/^Patient.*%7CN1$/),
        operations: [{ op: 'add', path: '/active', value: false }],
      },
    ]);
  });
  test('A20: a bed is a place with a status', () => {
    const conversion = told('A20', 'NPU|3N^1^2^HOSP|K');
    const [bed] = entriesOf(conversion, 'Location').filter(({ request }) => request.method === 'PUT');
    expect(bed?.resource).toMatchObject({
      name: '2',
      operationalStatus: { code: 'K' },
      physicalType: { coding: [{ code: 'bd' }] },
    });
    // It is the very bed that a visit names.
    const [, , , same] = entriesOf(told('A01', one, visit('V1', '2')), 'Location');
    expect(same?.fullUrl).toBe(bed?.fullUrl);
  });
});
