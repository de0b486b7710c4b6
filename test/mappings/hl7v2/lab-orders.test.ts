import { describe, expect, test } from '@jest/globals';
import { validate } from '../../../formats/fhir/index.ts';
import type { Conversion } from '../../../mappings/index.ts';
import { convert, entriesOf, header, resourceOf, resourcesOf } from '../site.ts';

const pid = 'PID|1||1001^^^HOSP^MR||Muster^Max||19640229|M';
const of = (type: string, ...segments: readonly string[]) => convert(header(type), pid, ...segments);
const referenceTo = (conversion: Conversion, type: string, at = 0) => ({
  reference: entriesOf(conversion, type)[at]!.fullUrl,
});
const isValid = (conversion: Conversion): void => {
  for (const { resource } of conversion.bundle.entry)
    expect(validate(resource).filter(({ severity }) => severity === 'error')).toEqual([]);
};

describe('a laboratory order', () => {
  const conversion = of(
    'OML^O21^OML_O21',
    'NTE|1||of the patient',
    'PV1|1|I',
    'ORC|NW|P1^HIS||G1^HIS|||||20261122080000+0100|||Z1^Arzt^Zoe',
    'TQ1|1||||||20261122090000+0100||S||fasting',
    'OBR|1|P1^HIS||24323-8^CMP^LN',
    'NTE|1||of the order|||20261122',
    'DG1|1||E11.9^Diabetes^I10',
    'OBX|1|NM|3141-9^Weight^LN||80|kg|||||F',
    'NTE|1||of the weight',
    'SPM|1|S1&HIS^T1&LAB||SER^Serum^HL70487||||ARM^Arm^L||||5^mL&milliliter&UCUM|||||20261122075500+0100|20261122080000+0100||Y',
    'NTE|1||of the specimen',
    'SAC|||C1^LAB||||||TUBE^Tube^L||||||||||||10|||mL^^UCUM',
    'OBX|1|ST|CLR^Colour^L||yellow||||||F',
    'ORC|NW|P2^HIS',
    'OBR|2|P2^HIS||718-7^Hemoglobin^LN',
    'SPM|1|S1&HIS^T1&LAB||SER^Serum^HL70487',
  );
  const [first, second] = resourcesOf(conversion, 'ServiceRequest');

  test('is a request per order, with its reason, its answers and its specimen', () => {
    expect(first).toMatchObject({
      status: 'active',
      intent: 'order',
      priority: 'stat',
      occurrenceDateTime: '2026-11-22T09:00:00+01:00',
      requisition: { value: 'G1' },
      specimen: [referenceTo(conversion, 'Specimen')],
      reasonReference: [referenceTo(conversion, 'Condition')],
      supportingInfo: [referenceTo(conversion, 'Observation', 0), referenceTo(conversion, 'Observation', 1)],
    });
    expect(second).toMatchObject({ specimen: [referenceTo(conversion, 'Specimen')] });
    isValid(conversion);
  });

  test('keeps each note where it stands', () => {
    expect((first!.note as { text: string }[]).map(({ text }) => text)).toEqual(['fasting', 'of the order']);
    expect(resourcesOf(conversion, 'Observation').map(({ note }) => note)).toEqual([
      [{ text: 'of the weight' }],
      undefined,
    ]);
    expect(resourceOf(conversion, 'Specimen').note).toEqual([{ text: 'of the specimen' }]);
    expect(conversion.residue).toContainEqual({ path: 'NTE-3', value: 'of the patient' });
  });

  test('says of a specimen once what it is, however many orders it serves', () => {
    expect(resourceOf(conversion, 'Specimen')).toMatchObject({
      status: 'available',
      type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0487', code: 'SER' }] },
      subject: referenceTo(conversion, 'Patient'),
      receivedTime: '2026-11-22T08:00:00+01:00',
      collection: {
        bodySite: { coding: [{ code: 'ARM' }] },
        collectedDateTime: '2026-11-22T07:55:00+01:00',
        quantity: { value: 5 },
      },
      container: [
        {
          identifier: [{ value: 'C1' }],
          type: { coding: [{ code: 'TUBE' }] },
          capacity: { value: 10, code: 'mL' },
        },
      ],
    });
    expect(resourcesOf(conversion, 'Observation')[1]).toMatchObject({
      valueString: 'yellow',
      specimen: referenceTo(conversion, 'Specimen'),
    });
    expect(conversion.issues.filter(({ code }) => code === 'duplicate')).toEqual([]);
  });

  test('is the same specimen in the result', () => {
    const result = of('ORU^R01', 'OBR|1|P1^HIS|F1^LAB|X', 'SPM|1|S1&HIS||SER');
    expect(entriesOf(result, 'Specimen')[0]?.request.url).toBe(
      entriesOf(conversion, 'Specimen')[0]?.request.url,
    );
  });
});

describe('earlier results that come with an order', () => {
  const conversion = of(
    'OML^O21^OML_O21',
    'PV1|1|I',
    'ORC|NW|P1^HIS',
    'OBR|1|P1^HIS||24323-8^CMP^LN',
    'PV1|1|O',
    'AL1|1|DA|1^Penicillin^L',
    'ORC|PR|P0^HIS|F0^LAB',
    'OBR|1|P0^HIS|F0^LAB|718-7^Hemoglobin^LN|||20260101||||||||||||||||||F',
    'OBX|1|NM|718-7^Hemoglobin^LN||110|g/L|||||F',
    'ORC|NW|P2^HIS',
    'OBR|1|P2^HIS||2345-7^Glucose^LN',
  );

  test('are no orders', () => {
    expect(
      resourcesOf(conversion, 'ServiceRequest').map(
        ({ identifier }) => (identifier as { value: string }[])[0]?.value,
      ),
    ).toEqual(['P1', 'P2']);
    expect(conversion.orders.map(({ placerOrderNumber }) => placerOrderNumber)).toEqual(['P1', 'P2']);
  });

  test('inform the order they came with, and overwrite nothing', () => {
    expect(resourcesOf(conversion, 'ServiceRequest')[0]?.supportingInfo).toEqual([
      referenceTo(conversion, 'DiagnosticReport'),
    ]);
    expect(resourceOf(conversion, 'DiagnosticReport')).toMatchObject({
      status: 'final',
      result: [referenceTo(conversion, 'Observation')],
    });
    for (const type of ['DiagnosticReport', 'Observation'])
      expect(entriesOf(conversion, type)[0]?.request.method).toBe('POST');
    isValid(conversion);
  });

  test('are the report and the results that their own message gave', () => {
    const own = of(
      'ORU^R01',
      'OBR|4|P0^HIS|F0^LAB|718-7^Hemoglobin^LN|||20260101||||||||||||||||||F',
      'OBX|9|NM|718-7^Hemoglobin^LN||110|g/L|||||F',
    );
    for (const type of ['DiagnosticReport', 'Observation'])
      expect(referenceTo(own, type)).toEqual(referenceTo(conversion, type));
  });
});

test('several orders under one placer number are several orders', () => {
  const conversion = of('OML^O21', 'ORC|NW|P1', 'OBR|1|P1||A^a^L', 'OBR|2|P1||B^b^L');
  expect(resourcesOf(conversion, 'ServiceRequest')).toHaveLength(2);
  expect(new Set(entriesOf(conversion, 'ServiceRequest').map(({ request }) => request.url)).size).toBe(2);
});

test('orders by specimen (O33): the specimen stands around its orders', () => {
  const conversion = of(
    'OML^O33^OML_O33',
    'SPM|1|S1||BLD',
    'ORC|NW|P1',
    'OBR|1|P1||A',
    'ORC|NW|P2',
    'OBR|2|P2||B',
    'SPM|2|S2||UR',
    'ORC|NW|P3',
    'OBR|3|P3||C',
  );
  expect(resourcesOf(conversion, 'ServiceRequest').map(({ specimen }) => specimen)).toEqual([
    [referenceTo(conversion, 'Specimen', 0)],
    [referenceTo(conversion, 'Specimen', 0)],
    [referenceTo(conversion, 'Specimen', 1)],
  ]);
});

describe('results by specimen', () => {
  test.each(['OUL^R22^OUL_R22', 'OUL^R23^OUL_R23'])('%s: the specimen stands around its reports', (type) => {
    const conversion = of(
      type,
      'SPM|1|S1||BLD',
      'OBX|1|ST|APP^Appearance^L||clear||||||F',
      'SAC|||C1',
      'INV|R1',
      'OBR|1||F1|A^a^L',
      'ORC|OK|P1',
      'OBX|1|ST|X^x^L||one||||||F',
      'NTE|1||n',
      'OBR|2||F2|B^b^L',
      'ORC|OK|P2',
      'OBX|1|ST|X^x^L||two||||||F',
      'SPM|2|S2||UR',
      'OBR|3||F3|C^c^L',
      'OBX|1|ST|X^x^L||three||||||F',
    );
    expect(resourcesOf(conversion, 'DiagnosticReport').map(({ specimen }) => specimen)).toEqual([
      [referenceTo(conversion, 'Specimen', 0)],
      [referenceTo(conversion, 'Specimen', 0)],
      [referenceTo(conversion, 'Specimen', 1)],
    ]);
    const specimenOf = new Map(
      resourcesOf(conversion, 'Observation').map(({ valueString, specimen }) => [valueString, specimen]),
    );
    expect(specimenOf).toEqual(
      new Map([
        ['one', referenceTo(conversion, 'Specimen', 0)],
        ['two', referenceTo(conversion, 'Specimen', 0)],
        ['three', referenceTo(conversion, 'Specimen', 1)],
        ['clear', referenceTo(conversion, 'Specimen', 0)],
      ]),
    );
    expect(
      resourcesOf(conversion, 'ServiceRequest').map(
        ({ identifier }) => (identifier as { value: string }[])[0]?.value,
      ),
    ).toEqual(['P1', 'P2', 'F3']);
    isValid(conversion);
  });

  test('R24: the order stands around its specimens', () => {
    const conversion = of(
      'OUL^R24^OUL_R24',
      'OBR|1||F1|A^a^L',
      'ORC|OK|P1',
      'SPM|1|S1||BLD',
      'OBX|1|ST|X^x^L||one||||||F',
      'SPM|2|S2||UR',
      'OBX|1|ST|X^x^L||two||||||F',
    );
    expect(resourceOf(conversion, 'DiagnosticReport')).toMatchObject({
      specimen: [referenceTo(conversion, 'Specimen', 0), referenceTo(conversion, 'Specimen', 1)],
      result: [referenceTo(conversion, 'Observation', 0), referenceTo(conversion, 'Observation', 1)],
    });
    expect(resourcesOf(conversion, 'Observation').map(({ specimen }) => specimen)).toEqual([
      referenceTo(conversion, 'Specimen', 0),
      referenceTo(conversion, 'Specimen', 1),
    ]);
  });
});
