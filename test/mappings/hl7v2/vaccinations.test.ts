import { describe, expect, test } from '@jest/globals';
import { validate } from '../../../formats/fhir/index.ts';
import { printBundle, type Resource } from '../../../mappings/index.ts';
import { convert, header, resourceOf, resourcesOf } from '../site.ts';

const pid = 'PID|1||1001^^^HOSP^MR||Muster^Max||20240229|M';
const vxu = (...segments: readonly string[]) => convert(header('VXU^V04^VXU_V04'), pid, ...segments);
const rxa = (code: string, more = '', day = '20261121'): string => `RXA|0|1|${day}|${day}|${code}|${more}`;

describe('a vaccination', () => {
  const conversion = vxu(
    'ORC|RE||197023^CLINIC|||||||||1234^Arzt^Achim',
    rxa(
      '08^HepB^CVX',
      '0.50|mL^milliliter^UCUM||00^New^NIP001|99^Schwester^Sina|^^^CLINIC||||0039F|20280531|MSD^Merck^MVX|||CP|A',
    ),
    'RXR|IM^Intramuscular^HL70162|LA^Left Arm^HL70163',
    'OBX|1|CE|64994-7^Eligibility^LN|1|V02^VFC^HL70064||||||F',
    'OBX|2|CE|30963-3^Funding^LN|1|VXC50^Public^CDCPHINVS||||||F',
    'ZZ1|x',
    'OBX|3|CE|30956-7^Vaccine type^LN|2|08^HepB^CVX||||||F',
    'OBX|4|TS|29768-9^Published^LN|2|20120202||||||F',
    'OBX|5|TS|29769-7^Presented^LN|2|20261121||||||F',
    'OBX|6|CE|30956-7^Vaccine type^LN|3|20^DTaP^CVX||||||F',
    'OBX|7|NM|30973-2^Dose number^LN|4|2||||||F',
  );

  test('is an Immunization with dose, lot, route, site and who gave it', () => {
    expect(resourceOf(conversion, 'Immunization')).toMatchObject({
      status: 'completed',
      vaccineCode: { coding: [{ system: 'http://hl7.org/fhir/sid/cvx', code: '08' }] },
      occurrenceDateTime: '2026-11-21',
      doseQuantity: { unit: 'milliliter', system: 'http://unitsofmeasure.org', code: 'mL' },
      lotNumber: '0039F',
      expirationDate: '2028-05-31',
      primarySource: true,
      route: { coding: [{ code: 'IM' }, { code: 'IM' }] },
      site: { coding: [{ code: 'LA' }] },
      performer: [{ function: { coding: [{ code: 'AP' }] } }, { function: { coding: [{ code: 'OP' }] } }],
      programEligibility: [{ coding: [{ code: 'V02' }] }],
      fundingSource: { coding: [{ code: 'VXC50' }] },
      protocolApplied: [{ doseNumberPositiveInt: 2 }],
    });
    expect(printBundle(conversion.bundle)).toContain('"doseQuantity":{"value":0.50,');
  });

  test('has one education per information sheet, by sub-id', () => {
    expect(resourceOf(conversion, 'Immunization').education).toEqual([
      { documentType: 'HepB', publicationDate: '2012-02-02', presentationDate: '2026-11-21' },
      { documentType: 'DTaP' },
    ]);
  });

  test('makes no Observation of what it carries itself, and leaves nothing over', () => {
    expect(resourcesOf(conversion, 'Observation')).toEqual([]);
    expect(conversion.residue).toEqual([{ path: 'ZZ1-1', value: 'x' }]);
  });
});

/** HL7 table 0322 and the action codes of RXA-21. */
describe('the status', () => {
  const statusOf = (completion: string, action: string) => {
    const conversion = vxu('ORC|RE||1^C', rxa('08^HepB^CVX', `999||||||||||||||${completion}|${action}`));
    const { status, _status } = resourceOf(conversion, 'Immunization');
    return [status, _status === undefined ? 'exact' : 'kept'];
  };
  test.each([
    ['', '', 'completed', 'exact'],
    ['CP', 'A', 'completed', 'exact'],
    ['PA', 'A', 'completed', 'kept'],
    ['RE', 'A', 'not-done', 'kept'],
    ['NA', '', 'not-done', 'exact'],
    ['CP', 'D', 'entered-in-error', 'exact'],
    ['RE', 'D', 'entered-in-error', 'exact'],
    ['??', 'U', 'completed', 'kept'],
  ])('RXA-20 %j with RXA-21 %j is %s', (completion, action, status, kept) => {
    expect(statusOf(completion, action)).toEqual([status, kept]);
  });
});

describe('identity', () => {
  const key = (one: Resource): unknown => (one.identifier as { value: string }[]).at(-1)?.value;

  test('one number for several vaccinations does not make one of them', () => {
    const found = resourcesOf(
      vxu(
        'ORC|RE||7^C',
        rxa('08^HepB^CVX'),
        'ORC|RE||7^C',
        rxa('20^DTaP^CVX'),
        'ORC|RE||7^C',
        rxa('03^MMR^CVX'),
      ),
      'Immunization',
    );
    expect(new Set(found.map(key)).size).toBe(3);
  });

  test('nor do two messages', () => {
    const one = (code: string) => key(resourceOf(vxu('ORC|RE||7^C', rxa(code)), 'Immunization'));
    expect(one('08^HepB^CVX')).not.toBe(one('20^DTaP^CVX'));
  });

  test('a corrected day or lot is the same vaccination', () => {
    const day = (text: string) =>
      key(resourceOf(vxu('ORC|RE||7^C', rxa('08^HepB^CVX', '', text)), 'Immunization'));
    expect(day('20261121')).toBe(day('20261120'));
  });

  test('refusals are told apart by their day; 9999 is no number', () => {
    const refused = (day: string) =>
      resourceOf(
        vxu('ORC|RE||9999^C', rxa('03^MMR^CVX', '999||||||||||||00^Parental^NIP002||RE', day)),
        'Immunization',
      );
    expect(key(refused('20261121'))).not.toBe(key(refused('20251121')));
    expect(refused('20261121').identifier).toHaveLength(1);
    expect(refused('20261121')).toMatchObject({
      status: 'not-done',
      statusReason: { coding: [{ code: '00' }] },
    });
    expect(refused('20261121')).not.toHaveProperty('doseQuantity');
  });
});

describe('messages that keep no rule', () => {
  test('a missing ORC, a reaction, an observation of the patient', () => {
    const conversion = vxu(
      'OBX|1|CE|59784-9^Immunity^LN|1|38907003^Varicella^SCT||||||F',
      rxa('08^HepB^CVX'),
      rxa('20^DTaP^CVX'),
      'OBX|1|CE|31044-1^Reaction^LN|1|VXC9^crying^CDCPHINVS||||||F',
    );
    const [first, second] = resourcesOf(conversion, 'Immunization');
    expect(first).not.toHaveProperty('reaction');
    expect(second?.reaction).toHaveLength(1);
    expect(resourcesOf(conversion, 'Observation').map((one) => one.partOf !== undefined)).toEqual([
      false,
      true,
    ]);
  });

  test('without a vaccine, a time or sheet is still valid R4', () => {
    const conversion = vxu(
      'RXA|0|1|soon||',
      'OBX|1|TS|29769-7^Presented^LN|2|20261121',
      'OBX|1|CE|59780-7^Series^LN||1^x^L',
    );
    expect(
      validate(JSON.parse(printBundle(conversion.bundle))).filter((one) => one.severity === 'error'),
    ).toEqual([]);
    expect(resourceOf(conversion, 'Immunization')).toMatchObject({ vaccineCode: { text: 'unknown' } });
  });
});
