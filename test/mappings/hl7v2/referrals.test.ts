import { describe, expect, test } from '@jest/globals';
import { validate } from '../../../formats/fhir/index.ts';
import type { Conversion, FhirObject } from '../../../mappings/index.ts';
import { convert, entriesOf, header, resourceOf, resourcesOf } from '../site.ts';

const pid = 'PID|1||1001^^^HOSP^MR||Muster^Max|||||||||||||ACC1';

function told(type: string, ...segments: readonly string[]): Conversion {
  const conversion = convert(header(type), ...segments);
  expect(validate(conversion.bundle).filter(({ severity }) => severity === 'error')).toEqual([]);
  return conversion;
}

describe('a referral', () => {
  const conversion = told(
    'REF^I12^REF_I12',
    'RF1|A|S|CAR^Cardiology|AM^Assume management|O|R77^GP|20261201|20270301|20261121|S^Second opinion|X88^CLINIC',
    'PRD|RP|Haus^Hanna|Weg 1^^Ort||^PRN^PH^^^^5551||H12^LN',
    'PRD|RT|Herz^Hans|||||C99',
    pid,
    'DG1|1||I20.9^Angina^I10',
    'OBX|1|NM|8480-6^Systolic^LN||150|mm[Hg]|||||F',
  );
  test('is a request from the one who refers to the one who is referred to', () => {
    const [from, to] = entriesOf(conversion, 'Practitioner');
    const [condition] = entriesOf(conversion, 'Condition');
    const [finding] = entriesOf(conversion, 'Observation');
    expect(resourceOf(conversion, 'ServiceRequest')).toMatchObject({
      status: 'active',
      intent: 'order',
      priority: 'stat',
      category: [{ coding: [{ code: '3457005' }] }, { coding: [{ code: 'O' }] }],
      code: { coding: [{ code: 'CAR' }] },
      occurrencePeriod: { start: '2026-12-01', end: '2027-03-01' },
      authoredOn: '2026-11-21',
      requester: { reference: from?.fullUrl },
      performer: [{ reference: to?.fullUrl }],
      reasonReference: [{ reference: condition?.fullUrl }],
      supportingInfo: [{ reference: finding?.fullUrl }],
    });
    expect(from?.resource).toMatchObject({ identifier: [{ value: 'H12' }], telecom: [{ value: '5551' }] });
    expect(conversion.residue).toEqual([]);
  });
  test.each([
    ['I12', 'P', 'active'],
    ['I13', 'R', 'revoked'],
    ['I14', 'A', 'revoked'],
    ['I15', 'E', 'completed'],
  ])('%s with the status %s is %s', (event, sent, status) => {
    const other = told(`REF^${event}`, `RF1|${sent}|||||R77^GP`, pid);
    expect(resourceOf(other, 'ServiceRequest').status).toBe(status);
  });
});

describe('a problem', () => {
  const prb = (action: string, rest = ''): string =>
    `PRB|${action}|20261122|44054006^Diabetes^SCT|P1^HIS|||20261121${rest}`;
  test('is a Condition of the problem list, with its goal', () => {
    const conversion = told(
      'PPR^PC1',
      pid,
      prb('AD', '||||||CONFIRMED|ACTIVE||20200101'),
      'NTE|1||since years',
      'GOL|AD|20261122|G1^HbA1c below 7^L|GO1^HIS|||20261121|20270601||||||||||ACTIVE',
    );
    const [problem] = entriesOf(conversion, 'Condition');
    expect(problem?.resource).toMatchObject({
      clinicalStatus: { coding: [{ code: 'active' }] },
      verificationStatus: { coding: [{ code: 'confirmed' }] },
      category: [{ coding: [{ code: 'problem-list-item' }] }],
      onsetDateTime: '2020-01-01',
      recordedDate: '2026-11-21',
      note: [{ text: 'since years' }],
    });
    expect(resourceOf(conversion, 'Goal')).toMatchObject({
      lifecycleStatus: 'active',
      startDate: '2026-11-21',
      target: [{ dueDate: '2027-06-01' }],
      addresses: [{ reference: problem?.fullUrl }],
    });
  });
  test('that has an end is resolved', () => {
    const conversion = told('PPR^PC2', pid, prb('UP', '||20261122'));
    expect(resourceOf(conversion, 'Condition')).toMatchObject({
      clinicalStatus: { coding: [{ code: 'resolved' }] },
      abatementDateTime: '2026-11-22',
    });
  });
  test.each([
    ['PC1', 'DE'],
    ['PC3', 'AD'],
  ])('that is deleted (%s, %s) was an error', (event, action) => {
    const condition = resourceOf(told(`PPR^${event}`, pid, prb(action, '||20261122')), 'Condition');
    expect(condition.verificationStatus).toMatchObject({ coding: [{ code: 'entered-in-error' }] });
    expect(condition).not.toHaveProperty('clinicalStatus');
  });
  test('each keeps its own notes and goals', () => {
    const conversion = told(
      'PPR^PC1',
      pid,
      prb('AD'),
      'NTE|1||one',
      'PRB|AD||38341003^Hypertension^SCT|P2^HIS',
      'NTE|1||two',
    );
    expect(resourcesOf(conversion, 'Condition').map(({ note }) => note)).toEqual([
      [{ text: 'one' }],
      [{ text: 'two' }],
    ]);
  });
});

describe('a goal', () => {
  const gol = (action: string): string =>
    `GOL|${action}|20261122|G1^HbA1c below 7^L|GO1^HIS|||20261121|20270601`;
  test('names the problems that it is for', () => {
    const conversion = told(
      'PGL^PC6',
      pid,
      gol('AD'),
      'NTE|1||with diet',
      'PRB|AD|20261122|44054006^Diabetes^SCT|P1^HIS',
      'PRB|AD|20261122|38341003^Hypertension^SCT|P2^HIS',
    );
    expect(resourceOf(conversion, 'Goal')).toMatchObject({
      note: [{ text: 'with diet' }],
      addresses: entriesOf(conversion, 'Condition').map(({ fullUrl }) => ({ reference: fullUrl })),
    });
    expect(entriesOf(conversion, 'Condition')).toHaveLength(2);
  });
  test('that is deleted was an error', () => {
    expect(resourceOf(told('PGL^PC8', pid, gol('UP')), 'Goal').lifecycleStatus).toBe('entered-in-error');
  });
});

describe('an acknowledgement', () => {
  const answerOf = (...segments: readonly string[]) => {
    const conversion = told('ACK^A01', ...segments);
    return { message: resourceOf(conversion, 'MessageHeader'), conversion };
  };
  const responseOf = (...segments: readonly string[]) => answerOf(...segments).message.response as FhirObject;
  test.each([
    ['AA', 'ok'],
    ['CA', 'ok'],
    ['AE', 'fatal-error'],
    ['AR', 'transient-error'],
    ['??', 'fatal-error'],
  ])('%s is %s', (code, response) => {
    expect(responseOf(`MSA|${code}|C1`)).toMatchObject({ identifier: 'C1', code: response });
  });
  test('that accepts needs no outcome', () => {
    expect(answerOf('MSA|AA|C1').message).not.toHaveProperty('contained');
  });
  test('carries its errors: place, code, severity, words', () => {
    const { message, conversion } = answerOf(
      'MSA|AE|C1|not taken',
      'ERR||PID^1^5^2^1|101^Required field missing^HL70357|W|||trace|Name is missing',
      'ERR|PID^1^8^103&Table value not found&HL70357',
    );
    expect((message.response as FhirObject).details).toEqual({ reference: '#outcome-1' });
    expect((message.contained as FhirObject[])[0]?.issue).toMatchObject([
      {
        severity: 'warning',
        code: 'required',
        details: { coding: [{ code: '101' }], text: 'Name is missing' },
        diagnostics: 'trace',
        expression: ['PID[1]-5[2].1'],
      },
      { severity: 'error', code: 'code-invalid', expression: ['PID[1]-8'] },
      { severity: 'error', code: 'processing', diagnostics: 'not taken' },
    ]);
    expect(conversion.residue).toEqual([]);
  });
  test('of a control id that is no FHIR id, or of none, still says what it answers as well as it can', () => {
    expect(responseOf('MSA|AA|C_1/2')).toMatchObject({ identifier: 'C-1-2' });
    expect(responseOf('MSA|AA')).toMatchObject({ identifier: 'unknown' });
    expect(responseOf('MSA||C1')).toMatchObject({ code: 'fatal-error' });
  });
});

describe('roles', () => {
  const conversion = told(
    'ADT^A01^ADT_A01',
    pid,
    'ROL|R1^HIS|AD|PP|123^Haus^H|20200101|20300101||||||^WPN^PH^^^^44||Praxis',
    'PV1|1|I|||||||||||||||||V1^^^HOSP-VN',
    'PV2|',
    'ROL|R2^HIS|AD|AT|124^Stat^S|20261122|20261130',
    'ROL|R4^HIS|DE|AT|129^Weg^W',
    'PRT|X^H|A||AP|125^Adm^A',
    'PR1|1||P1^operation^L||20261122',
    'ROL|R3^HIS|AD|AT|126^Op^O',
    'GT1|1|G1|Muster^Mia||Weg 1^^Ort|5551||19700101|F||SPO||20200101',
  );
  test('behind the patient: who cares for them', () => {
    const [, found] = entriesOf(conversion, 'PractitionerRole');
    const { generalPractitioner } = resourceOf(conversion, 'Patient');
    expect(generalPractitioner).toEqual([{ reference: found?.fullUrl }]);
    expect(found?.resource).toMatchObject({
      identifier: [{ value: 'R1' }],
      telecom: [{ value: '44' }],
      period: { start: '2020-01-01', end: '2030-01-01' },
    });
  });
  test('behind the visit: who takes part in it; what is deleted or of a procedure does not', () => {
    const { participant } = resourceOf(conversion, 'Encounter');
    expect(participant).toMatchObject([
      { type: [{ coding: [{ code: 'ATND' }, { code: 'AT' }] }], period: { start: '2026-11-22' } },
      { type: [{ coding: [{ code: 'AP' }] }] },
    ]);
    expect(conversion.residue.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['ROL[3]-4.1', 'ROL[4]-4.1']),
    );
  });
  test('the guarantor of an account', () => {
    const [guarantor] = entriesOf(conversion, 'RelatedPerson');
    expect(resourceOf(conversion, 'Account').guarantor).toMatchObject([
      { party: { reference: guarantor?.fullUrl } },
    ]);
  });
});
