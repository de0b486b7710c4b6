import { describe, expect, test } from '@jest/globals';
import { validate } from '../../../formats/fhir/index.ts';
import type { Conversion, FhirObject } from '../../../mappings/index.ts';
import { convert, header, resourceOf, resourcesOf } from '../site.ts';

/** What a hospital sends and the guide has no rows for. */
const told = (type: string, ...segments: readonly string[]): Conversion => {
  const conversion = convert(header(type), ...segments);
  expect(validate(conversion.bundle).filter(({ severity }) => severity === 'error')).toEqual([]);
  return conversion;
};

/** Extensions of an object by the end of their URL, with what they hold. */
const extensionsOf = (holder: FhirObject | undefined): { readonly [name: string]: unknown } =>
  Object.fromEntries(
    ((holder?.extension ?? []) as FhirObject[]).map(({ url, ...value }) => [
      String(url).split(/[/:]/).at(-1),
      Object.values(value)[0],
    ]),
  );
const within = (holder: FhirObject, name: string) =>
  extensionsOf({ extension: extensionsOf(holder)[name] as FhirObject[] });

const pid = 'PID|1||N1^^^HOSP^MR||Eins^Anna|||||||||||||ACC1';
const pv1 = 'PV1|1|I|3N^1^2^HOSP||||||||||||||||V1^^^HOSP-VN';

describe('an admission', () => {
  test('keeps the accident with the visit', () => {
    const acc = 'ACC|20261121180000|A^Auto^L|Route 50||Y|N||fell|ambulance|Y';
    const conversion = told('ADT^A01', pid, pv1, acc);
    expect(within(resourceOf(conversion, 'Encounter'), 'ACC')).toMatchObject({
      'ACC-1': '2026-11-21T18:00:00+01:00',
      'ACC-2': { coding: [{ code: 'A', display: 'Auto' }] },
      'ACC-3': 'Route 50',
      'ACC-5': true,
      'ACC-6': false,
      'ACC-8': 'fell',
      'ACC-9': 'ambulance',
      'ACC-10': true,
    });
    expect(conversion.residue).toEqual([]);
  });

  test('keeps a disability of the patient, and none of who pays', () => {
    const conversion = told('ADT^A01', pid, 'DB1|1|PT||Y|20260101|20260301', 'DB1|2|GT||Y|20260101');
    expect(within(resourceOf(conversion, 'Patient'), 'DB1')).toEqual({
      'DB1-4': true,
      'DB1-5': '2026-01-01',
      'DB1-6': '2026-03-01',
    });
    expect(conversion.residue.map(({ path }) => path)).toContain('DB1[2]-4');
  });

  test('keeps what the uniform bill asks for with the account', () => {
    const ub2 = 'UB2|1||09~10|3||37&Cash&L^12.50&USD|11&Onset&L^20261101|70&Stay&L^20261101^20261103';
    const conversion = told('ADT^A01', pid, 'UB1|1|3', ub2);
    const extensions = (resourceOf(conversion, 'Account').extension ?? []) as FhirObject[];
    expect(extensions.map(({ url }) => String(url).split(':').at(-1))).toEqual([
      'UB1-2',
      'UB2-3',
      'UB2-3',
      'UB2-4',
      'UB2-6',
      'UB2-7',
      'UB2-8',
    ]);
    const parts = (name: string) =>
      extensionsOf(extensions.find(({ url }) => String(url).endsWith(name)) as FhirObject);
    expect(parts('UB2-6')).toMatchObject({
      code: { coding: [{ code: '37', display: 'Cash' }] },
      amount: { value: 12.5, currency: 'USD' },
    });
    expect(parts('UB2-7')).toMatchObject({ date: '2026-11-01' });
    expect(parts('UB2-8')).toMatchObject({ start: '2026-11-01', end: '2026-11-03' });
    expect(conversion.residue).toEqual([]);
  });

  test('keeps what the insurer has certified with the coverage, and the name of the plan', () => {
    const in1 = 'IN1|1|P1^Plan One|77^^^HOSP|Insurer';
    const conversion = told('ADT^A01', pid, in1, 'IN3|1|CERT7|||||||20260101|20260201', 'AUT|||||||||4');
    const coverage = resourceOf(conversion, 'Coverage');
    expect(within(coverage, 'IN3')).toMatchObject({
      'IN3-2': { value: 'CERT7' },
      'IN3-9': '2026-01-01',
      'IN3-10': '2026-02-01',
    });
    expect(within(coverage, 'AUT')).toEqual({ 'AUT-9': '4' });
    expect(coverage.class).toMatchObject([{ value: 'P1', name: 'Plan One' }]);
    expect(conversion.residue).toEqual([]);
  });

  test('names the patient as who pays', () => {
    const account = resourceOf(told('ADT^A01', pid, 'GT1|1||Eins^Anna||||||||SEL'), 'Account');
    expect(account.guarantor).toEqual([{ party: { reference: expect.stringMatching(/^urn:uuid:/) } }]);
  });

  test('names the mother of a newborn', () => {
    const conversion = told('ADT^A01', 'PID|1||N9^^^HOSP^MR||Kind||||||||||||||||N1^^^HOSP^MR');
    expect(resourceOf(conversion, 'RelatedPerson')).toMatchObject({
      identifier: [{ system: 'https://hosp.example/mrn', value: 'N1' }, {}],
      relationship: [{ coding: [{ code: 'MTH' }] }],
    });
  });

  test('keeps an advance directive and each reaction of an allergy', () => {
    const conversion = told('ADT^A60', pid, 'PD1|||||||||||||||DNR', 'IAM|1||N^Nut^L', 'IAR|R1^Rash^L|SV');
    expect(resourceOf(conversion, 'Observation').component).toMatchObject([
      { valueCodeableConcept: { coding: [{ code: 'DNR' }] } },
    ]);
    expect(resourceOf(conversion, 'AllergyIntolerance').reaction).toMatchObject([
      { manifestation: [{ coding: [{ code: 'R1' }] }], severity: 'severe' },
    ]);
  });

  test('keeps the species of a patient who is an animal', () => {
    const animal = `PID|1||N1^^^HOSP^MR||Rex${'|'.repeat(30)}125^Goat^L|488^Beagle^L`;
    expect(within(resourceOf(told('ADT^A01', animal), 'Patient'), 'patient-animal')).toMatchObject({
      species: { coding: [{ code: '125' }] },
      breed: { coding: [{ code: '488' }] },
    });
  });
});

test('a death is an observation of its cause', () => {
  const pda = 'PDA|I21^Infarction^I10||Y|20261121190000|7^Arzt^Achim|Y|20261122080000^20261122090000||N';
  const conversion = told('ADT^A03', pid, pv1, pda);
  const [cause] = resourcesOf(conversion, 'Observation');
  expect(cause).toMatchObject({
    code: { coding: [{ code: '69453-9' }] },
    valueCodeableConcept: { coding: [{ code: 'I21' }] },
    issued: '2026-11-21T19:00:00+01:00',
  });
  expect(extensionsOf(cause)).toMatchObject({ 'PDA-3': true, 'PDA-6': true, 'PDA-9': false });
  expect(conversion.residue).toEqual([]);
});

describe('a number that is given to two things of one message', () => {
  const dg1 = (code: string, time: string) => `DG1|1||${code}^X^I10||${time}|A${'|'.repeat(14)}D1^HIS`;
  const conditionsOf = (conversion: Conversion) =>
    resourcesOf(conversion, 'Condition').map(({ identifier }) =>
      (identifier as FhirObject[]).map(({ value }) => value),
    );

  test('stays with the first; the other is not lost, and goes without', () => {
    const conversion = told('ADT^A01', pid, pv1, dg1('A1', '20261101'), dg1('B2', '20261101'));
    const [first, second] = conditionsOf(conversion);
    expect(first).toEqual(['D1']);
    expect(second).toHaveLength(1);
    expect(second).not.toContain('D1');
    expect(conversion.issues).toContainEqual(
      expect.objectContaining({ severity: 'warning', code: 'duplicate', path: 'DG1' }),
    );
  });

  test('is one thing that is told twice where all that is told agrees', () => {
    const conversion = told('ADT^A01', pid, pv1, dg1('A1', '20261101'), dg1('A1', '20261101'));
    expect(conditionsOf(conversion)).toEqual([['D1']]);
    expect(conversion.issues.filter(({ code }) => code === 'duplicate')).toEqual([]);
  });
});
