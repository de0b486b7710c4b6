import { describe, expect, test } from '@jest/globals';
import {
  bundle,
  convertBody,
  loinc,
  observation,
  order,
  patient,
  report,
  reported,
  segmentsOf,
  ucum,
} from './outbound.ts';

const v3 = 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation';
const obxOf = (value: object, settings: object = {}): string =>
  segmentsOf(reported([observation('o1', loinc('2345-7', 'Glucose'), value)]), settings).find((one) =>
    one.startsWith('OBX'),
  ) ?? '';

describe('DiagnosticReport to ORU^R01', () => {
  test('header, patient, order, report and results', () => {
    const observations = [
      observation('o1', loinc('2345-7', 'Glucose'), {
        valueQuantity: ucum(5.4, 'mmol/L'),
        interpretation: [{ coding: [{ system: v3, code: 'H' }] }],
        referenceRange: [{ low: { value: 3.9 }, high: { value: 5.1 } }],
        note: [{ text: 'fasting' }],
        effectiveDateTime: '2026-11-22T08:31:00+01:00',
      }),
      observation('o2', loinc('89579-7', 'Troponin I'), {
        valueQuantity: { comparator: '<', ...ucum(5, 'ng/L') },
      }),
    ];
    expect(segmentsOf(reported(observations))).toEqual([
      'MSH|^~\\&|BITHIVE|HOSP|RIS|RAD^1.2.3^ISO|20261122100000+0000||ORU^R01^ORU_R01|7|P|2.5.1||||||UNICODE UTF-8',
      'PID|1||123^^^HOSP^MR||Müller \\T\\ Söhne^Änne^B.^^Dr.^^L||19700201|F|||Weg 1^^Berlin^^10115^DE^H||+49 30 1^PRN^PH|^NET^Internet^a@b.example',
      'ORC|RE|P1^^1.2.3.4^ISO|F1^^1.2.3.4^ISO||CM||||20261122095900+0100|||D77^House^Greg^^^^^^&9.9&ISO',
      'OBR|1|P1^^1.2.3.4^ISO|F1^^1.2.3.4^ISO|24323-8^CMP^LN|||20261122083000+0100|||||||||D77^House^Greg^^^^^^&9.9&ISO||A1||||20261122095900+0100||CH|F|||||||||||||||||||24323-8^CMP^LN',
      'OBX|1|NM|2345-7^Glucose^LN||5.4|mmol/L^^UCUM|3.9-5.1|H|||F|||20261122083100+0100',
      'NTE|1||fasting',
      'OBX|2|SN|89579-7^Troponin I^LN||<^5|ng/L^^UCUM|||||F',
    ]);
  });

  test.each([
    ['preliminary', 'P', 'IP'],
    ['final', 'F', 'CM'],
    ['amended', 'C', 'CM'],
    ['corrected', 'C', 'CM'],
    ['cancelled', 'X', 'CA'],
    ['partial', 'A', 'A'],
  ])('a report that is %s has OBR-25 %s and ORC-5 %s', (status, result, ordered) => {
    const segments = segmentsOf(reported([], { status }));
    expect(segments.find((one) => one.startsWith('OBR'))?.split('|')[25]).toBe(result);
    expect(segments.find((one) => one.startsWith('ORC'))?.split('|')[5]).toBe(ordered);
  });

  test.each([
    ['a number below', { valueQuantity: { value: 5, comparator: '<=' } }, 'SN', '<=^5'],
    ['a range', { valueRange: { low: { value: 1 }, high: { value: 2 } } }, 'SN', '^1^-^2'],
    ['a range with one end', { valueRange: { high: { value: 2 } } }, 'SN', '<=^2'],
    ['a titre', { valueRatio: { numerator: { value: 1 }, denominator: { value: 128 } } }, 'SN', '^1^:^128'],
    ['a short text', { valueString: 'neg|pos' }, 'ST', 'neg\\F\\pos'],
    ['lines', { valueString: 'a\nb^c' }, 'TX', 'a~b\\S\\c'],
    [
      'a code',
      {
        valueCodeableConcept: {
          coding: [{ system: 'http://snomed.info/sct', code: '260385009', display: 'Negative' }],
        },
      },
      'CWE',
      '260385009^Negative^SCT',
    ],
    ['a text for a code', { valueCodeableConcept: { text: 'seen' } }, 'CWE', '^seen'],
    ['yes', { valueBoolean: true }, 'CWE', 'Y^Yes^HL70136'],
    ['a whole number', { valueInteger: 7 }, 'NM', '7'],
    ['a date', { valueDateTime: '2026-11' }, 'DT', '202611'],
    ['a moment', { valueDateTime: '2026-11-22T10:00:00.5Z' }, 'TS', '20261122100000.5+0000'],
    ['a time', { valueTime: '08:30:00' }, 'TM', '083000'],
    ['a period', { valuePeriod: { start: '2026-11-22', end: '2026-11-23' } }, 'DR', '20261122^20261123'],
  ])('%s', (_what, value, type, expected) => {
    const fields = obxOf(value).split('|');
    expect([fields[2], fields[5]]).toEqual([type, expected]);
  });

  test('digits leave as they are written, exponents as digits; what is no number never as one', () => {
    const text = (value: string) =>
      JSON.stringify(
        reported([observation('o1', loinc('1', 'x'), { valueQuantity: { value: 111 } })]),
      ).replace('111', value);
    const digits = (value: string) =>
      segmentsOf(text(value))
        .find((one) => one.startsWith('OBX'))
        ?.split('|')
        .slice(2, 6)
        .join('|');
    expect(digits('12.50')).toBe('NM|1^x^LN||12.50');
    expect(digits('1.20e3')).toBe('NM|1^x^LN||1200');
    expect(digits('-5E-4')).toBe('NM|1^x^LN||-0.0005');
    expect(digits('"five"')).toContain('ST|1^x^LN||');
  });

  test('components and members are told with a sub-id, a panel without a value by its parts alone', () => {
    const pressure = observation('bp', loinc('85354-9', 'BP'), {
      component: [
        { code: loinc('8480-6', 'Systolic'), valueQuantity: ucum(120, 'mm[Hg]') },
        { code: loinc('8462-4', 'Diastolic'), dataAbsentReason: { text: 'arm moved' } },
      ],
    });
    const panel = observation('cbc', loinc('58410-2', 'CBC'), {
      hasMember: [{ reference: 'Observation/hgb' }],
    });
    const member = observation('hgb', loinc('718-7', 'Hemoglobin'), { valueQuantity: ucum(14, 'g/dL') });
    const body = reported([pressure, panel]);
    const segments = segmentsOf({ ...body, entry: [...body.entry, { resource: member }] });
    expect(segments.filter((one) => one.startsWith('OBX'))).toEqual([
      'OBX|1|NM|8480-6^Systolic^LN|1.1|120|mm[Hg]^^UCUM|||||F',
      'OBX|2||8462-4^Diastolic^LN|1.2|||||||X',
      'OBX|3|NM|718-7^Hemoglobin^LN|2.1|14|g/dL^^UCUM|||||F',
    ]);
  });

  test('no value has its reason beside it', () => {
    const segments = segmentsOf(
      reported([
        observation('o1', loinc('1', 'x'), { status: 'cancelled', dataAbsentReason: { text: 'clotted' } }),
      ]),
    );
    expect(segments.slice(-2)).toEqual(['OBX|1||1^x^LN||||||||X', 'NTE|1||clotted']);
  });

  test('the text of a report: conclusion, plain text, other bytes', () => {
    const data = (text: string) => Buffer.from(text).toString('base64');
    const segments = segmentsOf(
      reported([], {
        conclusion: 'No acute disease.\nFollow up.',
        presentedForm: [
          { contentType: 'text/plain', data: data('Findings: none') },
          { contentType: 'application/pdf', data: 'JVBERg==' },
          { contentType: 'application/pdf', url: 'https://pacs.example/1.pdf' },
        ],
      }),
    );
    expect(segments.filter((one) => one.startsWith('OBX'))).toEqual([
      'OBX|1|TX|24323-8&IMP^CMP^LN||No acute disease.~Follow up.||||||F',
      'OBX|2|TX|24323-8&GDT^CMP^LN||Findings: none||||||F',
      'OBX|3|ED|24323-8&GDT^CMP^LN||^AP^PDF^Base64^JVBERg==||||||F',
      'OBX|4|RP|24323-8&GDT^CMP^LN||https://pacs.example/1.pdf^^AP^PDF||||||F',
    ]);
  });

  test('who is only referred to is told as far as the reference tells', () => {
    const body = bundle({
      ...report,
      basedOn: [{ type: 'ServiceRequest', identifier: { ...order1, value: 'A9' } }],
      subject: { reference: 'Patient?identifier=https%3A%2F%2Fhosp.example%2Fmrn%7C55', display: 'Doe, Jo' },
    });
    const segments = segmentsOf(body);
    expect(segments[1]).toBe('PID|1||55^^^HOSP||Doe, Jo');
    expect(segments[3]?.split('|')[18]).toBe('A9');
  });

  test('an order that a report refers to is no message of its own, nor looked at as one', () => {
    const { code: _code, ...bare } = order;
    expect(convertBody(bundle(report, patient, bare)).messages.map(({ type }) => type)).toEqual(['ORU^R01']);
  });

  test('without a patient nothing is sent, with the reason', () => {
    expect(() => convertBody(bundle({ ...report, subject: undefined }))).toThrow(
      /BH_MAP_FAILED: nothing for PID/,
    );
    expect(() => convertBody(bundle(report, { ...patient, identifier: undefined }))).toThrow(
      /nothing for PID-3/,
    );
  });

  test('each report of a body is a message of its own; what no row carries is told', () => {
    const other = { ...report, id: 'r2', extension: [{ url: 'urn:x', valueString: 'y' }] };
    const allergy = { resourceType: 'AllergyIntolerance', id: 'a', patient: { reference: 'Patient/p1' } };
    const { messages, residue } = convertBody(bundle(report, other, patient, order, allergy));
    expect(messages.map(({ type, controlId, of, patientId }) => [type, controlId, of, patientId])).toEqual([
      ['ORU^R01', '7', 'DiagnosticReport/r1', '123'],
      ['ORU^R01', '7-2', 'DiagnosticReport/r2', '123'],
    ]);
    expect(residue).toEqual(['AllergyIntolerance', 'DiagnosticReport.extension']);
  });

  test('who did it is a person in OBX-16 and an organization in OBX-23', () => {
    const performer = [
      { reference: 'Organization/lab' },
      { reference: 'Practitioner/d1' },
      { type: 'Practitioner', display: 'Dr Who' },
    ];
    const result = observation('o1', loinc('1', 'x'), { valueInteger: 1, performer });
    const lab = { resourceType: 'Organization', id: 'lab', name: 'Main lab' };
    const body = reported([result]);
    const obx = segmentsOf({ ...body, entry: [...body.entry, { resource: lab }] })
      .find((one) => one.startsWith('OBX'))
      ?.split('|');
    expect([obx?.[16], obx?.[23]]).toEqual(['D77^House^Greg^^^^^^&9.9&ISO~^Dr Who', 'Main lab']);
  });

  test('an image of the report leaves as its address', () => {
    const media = {
      resourceType: 'Media',
      id: 'm',
      status: 'completed',
      modality: loinc('1', 'Photo'),
      content: { contentType: 'image/jpeg', url: 'https://pacs.example/1.jpg' },
    };
    const segments = segmentsOf(
      bundle({ ...report, media: [{ link: { reference: 'Media/m' } }] }, patient, media),
    );
    expect(segments.at(-1)).toBe('OBX|1|RP|1^Photo^LN||https://pacs.example/1.jpg^^IM^JPEG||||||F');
  });

  test('version, character set, zone and type of message are the site’s', () => {
    const { messages } = convertBody(
      reported([observation('o', loinc('1', 'x'), { valueCodeableConcept: { text: 'ß' } })]),
      {
        version: '2.3',
        charset: '8859/1',
        zone: 'America/New_York',
        processing: 'T',
      },
    );
    const text = Buffer.from(messages[0]!.bytes).toString('latin1');
    expect(text).toContain('|20261122050000-0500||ORU^R01^ORU_R01|7|T|2.3||||||8859/1\r');
    expect(text).toContain('OBX|1|CE|1^x^LN||^ß');
    expect(convertBody(bundle(report, patient), { send: ['ADT'] }).messages[0]?.type).toBe('ADT^A31');
  });
});

const order1 = {
  type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'ACSN' }] },
};
