import { describe, expect, test } from '@jest/globals';
import { validate } from '../../../formats/fhir/index.ts';
import { convert, header, resourceOf } from '../site.ts';

const pid = 'PID|1||1001^^^HOSP^MR||Muster^Max';
const visit = 'PV1|1|I|||||||||||||||||V1^^^HOSP-VN';
const restricted = {
  security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }],
};

describe('what is protected says so', () => {
  test('a patient (PD1-12)', () => {
    const told = (flag: string) => convert(header('ADT^A08'), pid, `PD1|||||||||||${'|'}${flag}`);
    expect(resourceOf(told('Y'), 'Patient').meta).toMatchObject(restricted);
    expect(resourceOf(told('N'), 'Patient')).not.toHaveProperty('meta');
    expect(told('N').residue).toEqual([]);
    expect(told('?').residue).toEqual([{ path: 'PD1-12', value: '?' }]);
  });
  test('a visit (PV2-22), not its patient', () => {
    const conversion = convert(header('ADT^A08'), pid, visit, `PV2|${'|'.repeat(21)}Y`);
    expect(resourceOf(conversion, 'Encounter').meta).toMatchObject(restricted);
    expect(resourceOf(conversion, 'Patient')).not.toHaveProperty('meta');
  });
  test('what a restriction (ARV) stands behind', () => {
    const conversion = convert(
      header('ADT^A08'),
      pid,
      'PD1|',
      'ARV|1|A|DEM^Demographics',
      'ARV|2|D|HIV',
      visit,
      'PV2|',
      'ARV|1|A|LOC^Location',
    );
    expect(resourceOf(conversion, 'Patient').meta).toMatchObject({ security: [{ code: 'DEM' }] });
    expect(resourceOf(conversion, 'Encounter').meta).toMatchObject({ security: [{ code: 'LOC' }] });
    expect(conversion.residue).toEqual([{ path: 'ARV[2]-3', value: 'HIV' }]);
  });
  test('a message (MSH-8), beside its tag', () => {
    const conversion = convert(header('ADT^A08').replace('||ADT', '|TOP SECRET|ADT'), pid);
    expect(resourceOf(conversion, 'MessageHeader').meta).toMatchObject({
      security: [{ display: 'TOP SECRET' }],
      tag: [{ code: expect.any(String) }],
    });
  });
});

describe('the state of an allergy (IAM-17)', () => {
  const stateOf = (action: string, sent: string) => {
    const conversion = convert(
      header('ADT^A60'),
      pid,
      `IAM|1|DA|PEN^Penicillin^L|||${action}|${'|'.repeat(10)}${sent}`,
    );
    expect(validate(conversion.bundle)).toEqual([]);
    const { clinicalStatus, verificationStatus } = resourceOf(conversion, 'AllergyIntolerance') as {
      clinicalStatus?: { coding: { code: string }[] };
      verificationStatus?: { coding: { code: string }[] };
    };
    return [clinicalStatus?.coding[0]?.code, verificationStatus?.coding[0]?.code];
  };
  test.each([
    ['A', '', 'active', undefined],
    ['A', 'C', 'active', 'confirmed'],
    ['A', 'I', 'inactive', 'confirmed'],
    ['A', 'S', 'active', 'unconfirmed'],
    ['A', 'E', undefined, 'entered-in-error'],
    ['D', 'C', undefined, 'entered-in-error'],
  ])('%s %j is %s, %s', (action, sent, clinical, verification) => {
    expect(stateOf(action, sent)).toEqual([clinical, verification]);
  });
});
