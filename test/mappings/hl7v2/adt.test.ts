import { describe, expect, test } from '@jest/globals';
import { validate } from '../../../formats/fhir/index.ts';
import { printBundle } from '../../../mappings/index.ts';
import { convert, entriesOf, header, map, resourceOf, resourcesOf } from '../site.ts';

const pid =
  'PID|1||1001^^^HOSP^MR||Muster^Max^Emil^Jr^Dr.||19640229|M|||Hauptstr. 12^^Berlin^BE^10115^DE^H||+49 30 123^PRN^PH~^NET^Internet^max@example.org';
const pv1 = (patientClass: string, discharged = ''): string =>
  `PV1|1|${patientClass}|3N^312^2^HOSP||||123^Arzt^Achim||||||||||||V9001^^^HOSP-VN^VN${'|'.repeat(25)}20261122073000|${discharged}`;

describe('an admission', () => {
  const conversion = convert(header('ADT^A01^ADT_A01'), 'EVN|A01|20261122080000', pid, pv1('I'));

  test('gives the patient under its business identifier', () => {
    expect(entriesOf(conversion, 'Patient')[0]?.request).toEqual({
      method: 'PUT',
      url: 'Patient?identifier=https%3A%2F%2Fhosp.example%2Fmrn%7C1001',
    });
    expect(resourceOf(conversion, 'Patient')).toEqual({
      resourceType: 'Patient',
      identifier: [
        {
          type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }] },
          system: 'https://hosp.example/mrn',
          value: '1001',
        },
      ],
      name: [{ family: 'Muster', given: ['Max', 'Emil'], prefix: ['Dr.'], suffix: ['Jr'] }],
      birthDate: '1964-02-29',
      gender: 'male',
      address: [
        {
          use: 'home',
          line: ['Hauptstr. 12'],
          city: 'Berlin',
          state: 'BE',
          postalCode: '10115',
          country: 'DE',
        },
      ],
      telecom: [
        { system: 'phone', value: '+49 30 123', use: 'home' },
        { system: 'email', value: 'max@example.org', use: 'home' },
      ],
    });
  });

  test('gives the encounter with class, status, time, bed and physician', () => {
    const encounter = resourceOf(conversion, 'Encounter');
    expect(encounter).toMatchObject({
      status: 'in-progress',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
      period: { start: '2026-11-22T07:30:00+01:00' },
      location: [{ status: 'active' }],
      participant: [{ type: [{ coding: [{ code: 'ATND' }] }] }],
      subject: { reference: entriesOf(conversion, 'Patient')[0]?.fullUrl },
    });
    expect(resourcesOf(conversion, 'Location').map((location) => location.name)).toEqual([
      'HOSP',
      '3N',
      '312',
      '2',
    ]);
    expect(entriesOf(conversion, 'Encounter')[0]?.request.url).toBe(
      'Encounter?identifier=https%3A%2F%2Fhosp.example%2Fvisit%7CV9001',
    );
  });

  test('refers to the physician, whose own record it leaves alone', () => {
    const [entry] = entriesOf(conversion, 'Practitioner');
    expect(entry?.request).toEqual({
      method: 'POST',
      url: 'Practitioner',
      ifNoneExist: 'identifier=https%3A%2F%2Fbithive.example%2Fid%2Fpractitioner%7C123',
    });
  });

  test('writes no id, and times of the message only', () => {
    for (const { resource } of conversion.bundle.entry) expect(resource.id).toBeUndefined();
    expect(conversion.bundle.timestamp).toBe('2026-11-22T08:00:00+01:00');
    expect(resourceOf(conversion, 'Provenance').recorded).toBe('2026-11-22T08:00:00+01:00');
  });

  test('names the map and the message in the provenance', () => {
    const provenance = resourceOf(conversion, 'Provenance');
    expect(JSON.stringify(provenance.agent)).toContain(map.version);
    expect(JSON.stringify(provenance.entity)).toContain('"value":"C1"');
    expect(provenance.target).toHaveLength(2);
  });

  test('is valid R4 and the same bytes again', () => {
    for (const { resource } of conversion.bundle.entry) expect(validate(resource)).toEqual([]);
    const again = convert(header('ADT^A01^ADT_A01'), 'EVN|A01|20261122080000', pid, pv1('I'));
    expect(printBundle(again.bundle)).toBe(printBundle(conversion.bundle));
  });
});

describe('the status of a visit', () => {
  test.each([
    ['A01', 'I', '', 'in-progress'],
    ['A04', 'O', '', 'in-progress'],
    ['A08', 'E', '', 'in-progress'],
    ['A08', 'P', '', 'planned'],
    ['A08', 'I', '20261123120000', 'finished'],
    ['A05', 'I', '', 'planned'],
    ['A03', 'I', '20261123120000', 'finished'],
    ['A03', 'I', '', 'finished'],
    ['A11', 'I', '', 'cancelled'],
    ['A13', 'I', '20261123120000', 'in-progress'],
    ['A08', 'ZZ', '', 'unknown'],
  ])('%s of class %s, discharged %j: %s', (event, patientClass, discharged, status) => {
    const conversion = convert(header(`ADT^${event}`), pid, pv1(patientClass, discharged));
    expect(resourceOf(conversion, 'Encounter').status).toBe(status);
  });

  test('a discharge carries its time', () => {
    const conversion = convert(header('ADT^A03'), pid, pv1('I', '20261123120000'));
    expect(resourceOf(conversion, 'Encounter').period).toEqual({
      start: '2026-11-22T07:30:00+01:00',
      end: '2026-11-23T12:00:00+01:00',
    });
  });

  test('no visit, no encounter', () => {
    expect(resourcesOf(convert(header('ADT^A31'), pid, 'PV1|1|N'), 'Encounter')).toEqual([]);
    expect(resourcesOf(convert(header('ADT^A28'), pid), 'Encounter')).toEqual([]);
  });
});

describe('identity', () => {
  const patientUrl = (pid3: string): string | undefined =>
    entriesOf(convert(header('ADT^A28'), `PID|1||${pid3}`), 'Patient')[0]?.fullUrl;

  test('the same number of another assigner is another patient', () => {
    expect(patientUrl('1001^^^HOSP^MR')).not.toBe(patientUrl('1001^^^OTHER^MR'));
    expect(patientUrl('1001^^^OTHER&1.2.3.4&ISO^MR')).not.toBe(patientUrl('1001^^^OTHER^MR'));
  });

  test('no assigner means the default one', () => {
    expect(patientUrl('1001')).toBe(patientUrl('1001^^^HOSP^MR'));
  });

  test('the medical record number decides, wherever it stands', () => {
    expect(patientUrl('77^^^INS^NI~1001^^^HOSP^MR')).toBe(patientUrl('1001^^^HOSP^MR'));
  });

  test('two diagnoses of one code are two conditions', () => {
    const conversion = convert(header('ADT^A01'), pid, pv1('I'), 'DG1|1||I10^x^I10', 'DG1|2||I10^x^I10');
    expect(new Set(entriesOf(conversion, 'Condition').map((entry) => entry.fullUrl)).size).toBe(2);
    expect(resourceOf(conversion, 'Encounter').diagnosis).toHaveLength(2);
  });
});

describe('what is not carried', () => {
  test('is listed with its path, and only that', () => {
    const { residue } = convert(
      header('ADT^A28'),
      'PID|1||1001^^^HOSP^MR||Muster&von&&&X^Max|||||||||||||||||||||||||||Z35',
      'ZPI|1|a^b',
    );
    expect(residue).toEqual([
      { path: 'PID-32', value: 'Z35' },
      { path: 'ZPI-1', value: '1' },
      { path: 'ZPI-2.1', value: 'a' },
      { path: 'ZPI-2.2', value: 'b' },
    ]);
  });

  test('a type without a map gives header, patient and residue', () => {
    const conversion = convert(header('ZZZ^Z01'), 'EVN|Z01|20261122', pid, 'PV1|1|I');
    expect(conversion.bundle.entry.map((entry) => entry.resource.resourceType).sort()).toEqual([
      'MessageHeader',
      'Organization',
      'Patient',
      'Provenance',
    ]);
    expect(conversion.residue).toContainEqual({ path: 'PV1-2', value: 'I' });
  });

  test('a message without a patient still gives its header', () => {
    const conversion = convert(header('ADT^A01'));
    expect(resourcesOf(conversion, 'MessageHeader')).toHaveLength(1);
    expect(resourcesOf(conversion, 'Patient')).toEqual([]);
  });
});

describe('null', () => {
  test('deletes: the snapshot leaves the element out and the issue says so', () => {
    const conversion = convert(header('ADT^A08'), 'PID|1||1001^^^HOSP^MR||Muster^Max||""|F');
    expect(resourceOf(conversion, 'Patient')).not.toHaveProperty('birthDate');
    expect(conversion.issues).toEqual([
      {
        severity: 'information',
        code: 'deleted',
        path: 'PID-7',
        row: 'PID-7',
        text: 'deleted by the sender: Patient.birthDate',
      },
    ]);
    expect(conversion.residue).toEqual([]);
  });
});

describe('codes', () => {
  test('an unknown sex becomes unknown and is kept', () => {
    const conversion = convert(header('ADT^A28'), 'PID|1||1001^^^HOSP^MR|||||Q');
    expect(resourceOf(conversion, 'Patient')).toMatchObject({
      gender: 'unknown',
      _gender: {
        extension: [
          {
            valueCodeableConcept: {
              coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0001', code: 'Q' }],
            },
          },
        ],
      },
    });
    expect(conversion.issues[0]).toMatchObject({ code: 'code-invalid', path: 'PID-8', row: 'PID-8' });
  });

  test('the three codings of a CWE all go out', () => {
    const conversion = convert(
      header('ADT^A01'),
      pid,
      pv1('I'),
      'DG1|1||I10^Hypertonie^I10^38341003^Hypertensive disorder^SCT^2019^^Bluthochdruck',
    );
    expect(resourceOf(conversion, 'Condition').code).toEqual({
      coding: [
        { system: 'http://hl7.org/fhir/sid/icd-10', version: '2019', code: 'I10', display: 'Hypertonie' },
        { system: 'http://snomed.info/sct', code: '38341003', display: 'Hypertensive disorder' },
      ],
      text: 'Bluthochdruck',
    });
  });
});
