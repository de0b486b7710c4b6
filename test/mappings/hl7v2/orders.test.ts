import { describe, expect, test } from '@jest/globals';
import { validate } from '../../../formats/fhir/index.ts';
import { convert, entriesOf, header, resourceOf, resourcesOf } from '../site.ts';

const pid = 'PID|1||1001^^^HOSP^MR||Muster^Max||19640229|M';
const orm = (...segments: readonly string[]) =>
  convert(header('ORM^O01^ORM_O01'), pid, 'PV1|1|I', ...segments);
const obr = 'OBR|1|P1^HIS|F1^RIS|36643-5^XR Chest 2 Views^LN|||||||||||||Z1^Arzt^Zoe|||||||RAD|||1^once^^^^S';

describe('an imaging order', () => {
  const conversion = orm('ORC|NW|P1^HIS|F1^RIS||||^^^20261122090000^^R||20261122081500|||Z1^Arzt^Zoe', obr);

  test('gives a ServiceRequest under the placer number', () => {
    expect(resourceOf(conversion, 'ServiceRequest')).toMatchObject({
      status: 'active',
      intent: 'order',
      priority: 'routine',
      code: { coding: [{ system: 'http://loinc.org', code: '36643-5', display: 'XR Chest 2 Views' }] },
      authoredOn: '2026-11-22T08:15:00+01:00',
      occurrenceDateTime: '2026-11-22T09:00:00+01:00',
      identifier: [
        {
          system: 'https://bithive.example/id/assigner/HIS',
          value: 'P1',
          type: { coding: [{ code: 'PLAC' }] },
        },
        {
          system: 'https://bithive.example/id/assigner/RIS',
          value: 'F1',
          type: { coding: [{ code: 'FILL' }] },
        },
      ],
    });
    expect(resourceOf(conversion, 'ServiceRequest').identifier).toHaveLength(2);
    expect(entriesOf(conversion, 'ServiceRequest')[0]?.request.url).toBe(
      'ServiceRequest?identifier=https%3A%2F%2Fbithive.example%2Fid%2Fassigner%2FHIS%7CP1',
    );
  });

  test('publishes what later messages need', () => {
    expect(conversion.orders).toEqual([
      {
        accessionNumber: 'F1',
        placerOrderNumber: 'P1',
        fillerOrderNumber: 'F1',
        patientId: '1001',
        patientIdSystem: 'https://hosp.example/mrn',
        patientName: 'Muster^Max',
        patientBirthDate: '19640229',
        patientSex: 'M',
        plannedAtMs: Date.parse('2026-11-22T09:00:00+01:00'),
        urgency: 'routine',
        procedure: { code: '36643-5', display: 'XR Chest 2 Views', system: 'http://loinc.org' },
        messageId: 7,
        identifiers: [
          { system: 'https://bithive.example/id/assigner/HIS', value: 'P1' },
          { system: 'https://bithive.example/id/assigner/RIS', value: 'F1' },
        ],
      },
    ]);
  });

  test('publishes every id of the patient: the images may carry any', () => {
    const { orders } = convert(
      header('ORM^O01^ORM_O01'),
      'PID|1||77^^^LAB^PI~1001^^^HOSP^MR~1001^^^OLD^PI||Muster^Max',
      'ORC|NW|P1',
      'OBR|1|P1||X',
    );
    expect(orders[0]).toMatchObject({ patientId: '1001', otherPatientIds: ['77'] });
  });

  test('is valid R4', () => {
    for (const { resource } of conversion.bundle.entry) expect(validate(resource)).toEqual([]);
  });
});

describe('the priority', () => {
  const priorityOf = (...segments: readonly string[]) => {
    const conversion = orm(...segments);
    return [resourceOf(conversion, 'ServiceRequest').priority, conversion.orders[0]?.urgency];
  };
  test.each([
    ['TQ1-9 before all', ['ORC|NW|P1|||||^^^^^R', 'TQ1|1||||||||S', 'OBR|1|P1||X|R'], ['stat', 'stat']],
    ['ORC-7.6 before OBR', ['ORC|NW|P1|||||^^^^^A', 'OBR|1|P1||X|S'], ['asap', 'urgent']],
    ['OBR-27.6 before OBR-5', ['ORC|NW|P1', `OBR|1|P1||X|R${'|'.repeat(22)}^^^^^P`], ['urgent', 'urgent']],
    ['OBR-5 alone', ['ORC|NW|P1', 'OBR|1|P1||X|T'], ['urgent', 'urgent']],
    ['none', ['ORC|NW|P1', 'OBR|1|P1||X'], [undefined, 'routine']],
    [
      'an unknown code gives way to the next field',
      ['ORC|NW|P1', 'TQ1|1||||||||??', 'OBR|1|P1||X|S'],
      ['stat', 'stat'],
    ],
  ])('%s', (_name, segments, expected) => {
    expect(priorityOf(...segments)).toEqual(expected);
  });
});

/** HL7 v2.5.1 table 0485. The guide's sheet has an answer for S, A and R only. */
describe('the extended priority codes', () => {
  const priorityOf = (code: string) => {
    const conversion = orm('ORC|NW|P1', `TQ1|1||||||||${code}`, 'OBR|1|P1||X');
    const request = resourceOf(conversion, 'ServiceRequest');
    const kept = (request._priority as { extension?: unknown[] } | undefined)?.extension;
    return {
      priority: request.priority,
      urgency: conversion.orders[0]?.urgency,
      isKept: JSON.stringify(kept ?? '').includes(`"code":"${code}"`),
      issues: conversion.issues.filter(({ row }) => row === 'TQ1-9').map(({ code }) => code),
    };
  };
  test.each([
    ['S', 'stat', 'stat'],
    ['A', 'asap', 'urgent'],
    ['R', 'routine', 'routine'],
  ])('%s is %s', (code, priority, urgency) => {
    expect(priorityOf(code)).toEqual({ priority, urgency, isKept: false, issues: [] });
  });
  test.each([
    ['P', 'urgent', 'urgent'],
    ['C', 'routine', 'routine'],
    ['T', 'urgent', 'urgent'],
    ['PRN', 'routine', 'routine'],
    ['TS30', 'stat', 'stat'],
    ['TS7200', 'urgent', 'urgent'],
    ['TS90000', 'routine', 'routine'],
    ['TM60', 'stat', 'stat'],
    ['TM61', 'urgent', 'urgent'],
    ['TM1441', 'routine', 'routine'],
    ['TH1', 'stat', 'stat'],
    ['TH24', 'urgent', 'urgent'],
    ['TH25', 'routine', 'routine'],
    ['TD1', 'urgent', 'urgent'],
    ['TD2', 'routine', 'routine'],
    ['TW1', 'routine', 'routine'],
    ['TL3', 'routine', 'routine'],
  ])('%s is %s, and stays beside it as it was sent', (code, priority, urgency) => {
    expect(priorityOf(code)).toEqual({ priority, urgency, isKept: true, issues: [] });
  });
  test.each(['TX5', 'TM', 'TMx', 'TM-5', '5', 'TM#', 'TM1234567890'])('%s is none', (code) => {
    expect(priorityOf(code)).toEqual({
      priority: undefined,
      urgency: 'routine',
      isKept: false,
      issues: ['code-invalid'],
    });
  });
});

describe('the status', () => {
  test.each([
    ['NW', '', 'active'],
    ['CA', '', 'revoked'],
    ['CA', 'SC', 'revoked'],
    ['DC', 'IP', 'revoked'],
    ['SC', 'CM', 'completed'],
    ['SC', 'HD', 'on-hold'],
    ['HD', '', 'on-hold'],
    ['XO', '', 'active'],
    ['QQ', '', 'unknown'],
  ])('ORC-1 %s with ORC-5 %j is %s', (control, status, expected) => {
    const conversion = orm(`ORC|${control}|P1|||${status}`, 'OBR|1|P1||X');
    expect(resourceOf(conversion, 'ServiceRequest').status).toBe(expected);
  });
});

describe('accession number, study and modality', () => {
  test('of OMI^O23 come from IPC', () => {
    const conversion = convert(
      header('OMI^O23^OMI_O23'),
      pid,
      'ORC|NW|P1^HIS',
      'OBR|1|P1^HIS||X^Thorax^L',
      'IPC|ACC7^RIS|RP1|1.2.826.0.1.3680043.8.498.1|SPS1|DX^Digital Radiography^DCM',
    );
    expect(conversion.orders[0]).toMatchObject({
      accessionNumber: 'ACC7',
      accessionIssuer: 'RIS',
      modality: 'DX',
      studyInstanceUid: '1.2.826.0.1.3680043.8.498.1',
    });
    expect(resourceOf(conversion, 'ServiceRequest').identifier).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ system: 'https://bithive.example/id/assigner/RIS', value: 'ACC7' }),
        { system: 'urn:dicom:uid', value: 'urn:oid:1.2.826.0.1.3680043.8.498.1' },
      ]),
    );
  });

  test('announce the study once, under the UID that its images will have', () => {
    const ipc = (step: string) =>
      `IPC|ACC7^RIS|RP1^RIS|1.2.3.4|${step}^RIS|DX^Digital Radiography^DCM|P5^Thorax^L|ROOM1^RIS|RAD^Radiology^L|AE1`;
    const conversion = convert(
      header('OMI^O23'),
      pid,
      'ORC|NW|P1^HIS',
      'OBR|1|P1^HIS||X^Thorax^L',
      ipc('S1'),
      ipc('S2'),
    );
    const [order] = entriesOf(conversion, 'ServiceRequest');
    expect(entriesOf(conversion, 'ImagingStudy')).toEqual([
      expect.objectContaining({
        request: {
          method: 'POST',
          url: 'ImagingStudy',
          ifNoneExist: expect.stringContaining('urn%3Adicom%3Auid'),
        },
        resource: expect.objectContaining({
          status: 'registered',
          identifier: [
            { system: 'urn:dicom:uid', value: 'urn:oid:1.2.3.4' },
            expect.objectContaining({ value: 'ACC7' }),
          ],
          basedOn: [{ reference: order?.fullUrl }],
        }),
      }),
    ]);
    expect(order?.resource.performer).toEqual([{ identifier: expect.objectContaining({ value: 'ROOM1' }) }]);
    expect(conversion.residue.filter(({ path }) => !/^IPC\[2\]-[78]/.test(path))).toEqual([]);
    expect(resourceOf(orm('ORC|NW|P1', 'OBR|1|P1||X', 'ZDS|1.2.3.4^100'), 'ImagingStudy')).toMatchObject({
      identifier: [{ value: 'urn:oid:1.2.3.4' }],
    });
  });

  test('of ORM come from OBR-18, OBR-24 and ZDS', () => {
    const conversion = orm(
      'ORC|NW|P1',
      'OBR|1|P1|F1|X||||||||||||||A55||||||CT',
      'ZDS|1.2.3.4^100^Application^DICOM',
    );
    expect(conversion.orders[0]).toMatchObject({
      accessionNumber: 'A55',
      fillerOrderNumber: 'F1',
      modality: 'CT',
      studyInstanceUid: '1.2.3.4',
    });
  });

  test('a UID that is none is not passed on', () => {
    const conversion = orm('ORC|NW|P1', 'OBR|1|P1||X', 'ZDS|../../etc^x');
    expect(conversion.orders[0]).not.toHaveProperty('studyInstanceUid');
    expect(conversion.issues[0]).toMatchObject({ row: 'ZDS-1', code: 'value' });
  });

  test('an order without any number publishes nothing and says so', () => {
    const conversion = orm('ORC|NW', 'OBR|1|||X');
    expect(conversion.orders).toEqual([]);
    expect(conversion.issues).toContainEqual(expect.objectContaining({ row: 'order' }));
  });
});

describe('grouping', () => {
  const numbers = (...segments: readonly string[]) =>
    orm(...segments).orders.map((order) => [order.placerOrderNumber, order.procedure?.code]);

  test('ORC and OBR pairs', () => {
    expect(numbers('ORC|NW|P1', 'OBR|1|P1||X1', 'ORC|NW|P2', 'OBR|2|P2||X2')).toEqual([
      ['P1', 'X1'],
      ['P2', 'X2'],
    ]);
  });
  test('a missing ORC', () => {
    expect(numbers('OBR|1|P1||X1', 'OBR|2|P2||X2', 'ORC|NW|P3', 'OBR|3|P3||X3')).toEqual([
      ['P1', 'X1'],
      ['P2', 'X2'],
      ['P3', 'X3'],
    ]);
  });
  test('a Z segment or a stranger in between splits nothing', () => {
    expect(numbers('ORC|NW|P1', 'ZZ1|x', 'OBR|1|P1||X1', 'XYZ|1', 'NTE|1||n', 'ZDS|1.2.3')).toEqual([
      ['P1', 'X1'],
    ]);
  });
  test('notes and observations stay with their own', () => {
    const conversion = orm(
      'ORC|NW|P1',
      'OBR|1|P1||X1',
      'NTE|1||for the order',
      'OBX|1|ST|8302-2^Height^LN||1',
      'ZZ1|x',
      'NTE|1||for the value',
      'ORC|NW|P2',
      'OBR|2|P2||X2',
      'OBX|1|ST|8302-2^Height^LN||2',
    );
    expect(resourcesOf(conversion, 'Observation').map((one) => [one.valueString, one.note])).toEqual([
      ['1', [{ text: 'for the value' }]],
      ['2', undefined],
    ]);
    const [first, second] = resourcesOf(conversion, 'ServiceRequest');
    expect([first?.supportingInfo, second?.supportingInfo]).toEqual([
      [expect.anything()],
      [expect.anything()],
    ]);
  });
});
