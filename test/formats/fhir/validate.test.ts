import { describe, expect, test } from '@jest/globals';
import { validate } from '../../../formats/fhir/index.ts';
import { condition, observation, patient, putPatient, report, transaction } from './samples.ts';

type Wild = { [name: string]: unknown };
type Fault = readonly [what: string, make: () => object, path: string];

const without = (object: object, name: string) => {
  const copy = { ...object } as Wild;
  delete copy[name];
  return copy;
};

/** One fault each, as injected for the comparison of validators in our dependency notes, and some that none of them caught. */
const faults: readonly Fault[] = [
  ['missing required', () => without(observation(), 'code'), 'Observation.code'],
  ['unknown field', () => ({ ...observation(), colour: 'red' }), 'Observation.colour'],
  [
    'unknown nested field',
    () => ({ ...observation(), code: { text: 'x', txt: 'y' } }),
    'Observation.code.txt',
  ],
  ['inherited name as field', () => ({ ...observation(), constructor: 'x' }), 'Observation.constructor'],
  ['single where list', () => ({ ...observation(), category: { text: 'x' } }), 'Observation.category'],
  ['list where single', () => ({ ...observation(), code: [{ text: 'x' }] }), 'Observation.code'],
  [
    'wrong JSON type',
    () => ({ ...observation(), valueQuantity: { value: '13' } }),
    'Observation.valueQuantity.value',
  ],
  [
    'bad date',
    () => ({ ...observation(), effectiveDateTime: '2026-13-01' }),
    'Observation.effectiveDateTime',
  ],
  ['day not in the calendar', () => patient('1', { birthDate: '2026-02-30' }), 'Patient.birthDate'],
  ['time without zone', () => ({ ...observation(), issued: '2026-03-01T08:45:00' }), 'Observation.issued'],
  ['bad uri', () => ({ ...observation(), implicitRules: 'http://a b' }), 'Observation.implicitRules'],
  [
    'bad base64',
    () => ({ ...report(), presentedForm: [{ contentType: 'text/plain', data: 'SGVsbG8*' }] }),
    'DiagnosticReport.presentedForm[0].data',
  ],
  ['two choice types', () => ({ ...observation(), valueString: 'x' }), 'Observation.value[x]'],
  [
    'wrong reference target',
    () => ({ ...observation(), subject: { reference: 'Practitioner/1' } }),
    'Observation.subject',
  ],
  ['obs-6', () => ({ ...observation(), dataAbsentReason: { text: 'lost' } }), 'Observation'],
  [
    'obs-7',
    () => ({ ...observation(), component: [{ code: observation().code, valueString: 'x' }] }),
    'Observation',
  ],
  [
    'con-5',
    () => ({
      ...condition(),
      verificationStatus: {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/condition-ver-status',
            code: 'entered-in-error',
          },
        ],
      },
    }),
    'Condition',
  ],
  [
    'att-1',
    () => ({ ...report(), presentedForm: [{ data: 'SGVsbG8=' }] }),
    'DiagnosticReport.presentedForm[0]',
  ],
  ['required binding, code', () => ({ ...observation(), status: 'banana' }), 'Observation.status'],
  [
    'required binding, CodeableConcept',
    () => ({
      ...condition(),
      clinicalStatus: { coding: [{ system: 'http://example.org', code: 'active' }] },
    }),
    'Condition.clinicalStatus',
  ],
  ['empty string', () => ({ ...observation(), code: { text: '' } }), 'Observation.code.text'],
  ['empty array', () => ({ ...observation(), category: [] }), 'Observation.category'],
  ['empty object', () => ({ ...observation(), method: {} }), 'Observation.method'],
  ['null', () => ({ ...observation(), method: null }), 'Observation.method'],
  ['id form', () => ({ ...observation(), id: 'a b' }), 'Observation.id'],
  [
    'dangling #ref',
    () => ({ ...report(), performer: [{ reference: '#nobody' }] }),
    'DiagnosticReport.performer[0].reference',
  ],
  [
    'infinite number',
    () => ({ ...observation(), valueQuantity: { value: Number.POSITIVE_INFINITY } }),
    'Observation.valueQuantity.value',
  ],
  [
    'script in narrative',
    () => patient('1', { text: { status: 'generated', div: '<div><script>x</script></div>' } }),
    'Patient.text',
  ],
  [
    'event in narrative',
    () => patient('1', { text: { status: 'generated', div: '<div><img src="a" onerror="x()"/></div>' } }),
    'Patient.text',
  ],
  [
    'period ends before it starts',
    () => patient('1', { name: [{ period: { start: '2026-02', end: '2026-01' } }] }),
    'Patient.name[0].period',
  ],
  [
    'extension without value',
    () => patient('1', { extension: [{ url: 'http://example.org/e' }] }),
    'Patient.extension[0]',
  ],
  [
    'contained in contained',
    () => ({
      ...report(),
      contained: [{ resourceType: 'Practitioner', id: 'pr', contained: [patient('2')] }],
    }),
    'DiagnosticReport',
  ],
  ['unknown resource type', () => ({ resourceType: 'Pacient' }), 'Resource'],
];

describe('validate', () => {
  test.each([
    ['Observation', observation],
    ['Condition', condition],
    ['DiagnosticReport with a contained resource', report],
    ['Patient', () => patient('1')],
    [
      'primitive extension',
      () =>
        patient('1', {
          birthDate: undefined as never,
          _birthDate: { extension: [{ url: 'http://example.org/e', valueString: 'x' }] },
        }),
    ],
    ['transaction', () => transaction([putPatient('1'), putPatient('2')])],
  ])('accepts %s', (_name, make) => {
    expect(validate(JSON.parse(JSON.stringify(make())))).toEqual([]);
  });

  test.each(faults)('finds: %s', (_what, make, path) => {
    const issues = validate(make());
    expect(issues.filter((issue) => issue.severity === 'error').map((issue) => issue.path)).toContain(path);
  });

  test.each([undefined, null, 1, 'Patient', [], {}])('%j is no resource', (value) => {
    expect(validate(value)[0]).toMatchObject({ severity: 'error', code: 'structure' });
  });

  test('a resource that contains itself ends at the depth limit', () => {
    const loop: Wild = { url: 'http://example.org/e' };
    loop.extension = [loop];
    expect(validate(patient('1', { extension: [loop] }))).toContainEqual(
      expect.objectContaining({ code: 'too-costly' }),
    );
  });

  test('a code with several systems accepts only its own pair', () => {
    expect(validate(patient('1', { gender: 'Female' }))).toContainEqual(
      expect.objectContaining({ code: 'code-invalid', path: 'Patient.gender' }),
    );
  });
});

describe('validate a Bundle', () => {
  const obs = (subject: string) => ({
    fullUrl: 'urn:uuid:00000000-0000-5000-8000-0000000000aa',
    resource: { ...observation(), id: undefined as never, subject: { reference: subject } },
    request: { method: 'POST', url: 'Observation' },
  });
  const paths = (bundle: object) => validate(JSON.parse(JSON.stringify(bundle))).map((issue) => issue.path);

  test('a reference to a fullUrl of the Bundle, a conditional and an absolute one are fine', () => {
    expect(
      paths(transaction([putPatient('1'), obs('urn:uuid:00000000-0000-5000-8000-000000000001')])),
    ).toEqual([]);
    expect(paths(transaction([obs('Patient?identifier=a|b')]))).toEqual([]);
    expect(paths(transaction([obs('https://ehr.example.org/fhir/Patient/1')]))).toEqual([]);
  });

  test('a reference to a fullUrl that is not there', () => {
    expect(paths(transaction([obs('urn:uuid:00000000-0000-5000-8000-000000000009')]))).toEqual([
      'Bundle.entry[0].resource.subject.reference',
    ]);
  });

  test('a fault of an entry has the path from the Bundle', () => {
    expect(paths(transaction([putPatient('1'), putPatient('2', { gender: 'x' })]))).toEqual([
      'Bundle.entry[1].resource.gender',
    ]);
  });

  test('invariants of an entry have the path from the Bundle', () => {
    const broken = { ...observation(), dataAbsentReason: { text: 'lost' } };
    const bundle = { resourceType: 'Bundle', type: 'collection', entry: [{ resource: broken }] };
    expect(paths(bundle)).toEqual(['Bundle.entry[0].resource']);
  });

  test('requests: absent, for another type, and fullUrl twice', () => {
    expect(paths(transaction([{ resource: patient('1') }]))).toEqual(['Bundle.entry[0]']);
    expect(
      paths(transaction([{ resource: patient('1'), request: { method: 'POST', url: 'Device' } }])),
    ).toEqual(['Bundle.entry[0]']);
    expect(paths(transaction([putPatient('1'), putPatient('1')]))).toEqual(['Bundle.entry[1].fullUrl']);
  });

  test('issues are limited', () => {
    const many = Array.from({ length: 500 }, (_, n) => putPatient(String(n), { gender: 'x' }));
    expect(paths(transaction(many)).length).toBe(200);
  });
});
