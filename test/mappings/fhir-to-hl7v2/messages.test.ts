import { describe, expect, test } from '@jest/globals';
import { bundle, convertBody, loinc, order, patient, practitioner, segmentsOf, typed } from './outbound.ts';

const encounter = {
  resourceType: 'Encounter',
  id: 'e1',
  meta: { versionId: '1' },
  identifier: [typed('VN', 'V9', 'https://hosp.example/visit')],
  status: 'in-progress',
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
  subject: { reference: 'Patient/p1' },
  location: [{ status: 'active', location: { reference: 'Location/bed' } }],
  participant: [
    {
      type: [
        { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'ATND' }] },
      ],
      individual: { reference: 'PractitionerRole/x' },
    },
  ],
  period: { start: '2026-11-22T08:00:00+01:00' },
};
const place = (id: string, name: string, type: string, partOf?: string) => ({
  resourceType: 'Location',
  id,
  name,
  ...(type === '' ? {} : { physicalType: { coding: [{ code: type }] } }),
  ...(partOf === undefined ? {} : { partOf: { reference: `Location/${partOf}` } }),
});
const visit = (more: object = {}) =>
  bundle(
    { ...encounter, ...more },
    patient,
    { resourceType: 'PractitionerRole', id: 'x', practitioner: { reference: 'Practitioner/d1' } },
    practitioner,
    place('bed', 'B3', 'bd', 'room'),
    place('room', '12', 'ro', 'ward'),
    place('ward', 'W1', ''),
  );
const line = (segments: readonly string[], name: string) =>
  segments.find((one) => one.startsWith(name)) ?? '';

describe('patients and visits as ADT', () => {
  test('a visit that is new: A01 with bed, attending doctor and visit number', () => {
    const segments = segmentsOf(visit());
    expect(segments[0]).toContain('||ADT^A01^ADT_A01|7|');
    expect(segments[1]).toBe('EVN|A01|20261122070000+0000');
    expect(segments[3]).toBe(
      `PV1|1|I|W1^12^B3||||D77^House^Greg^^^^^^&9.9&ISO${'|'.repeat(12)}V9^^^HOSP-VN^VN${'|'.repeat(25)}20261122080000+0100`,
    );
  });

  test.each([
    [{ meta: { versionId: '2' } }, 'ADT^A08^ADT_A01'],
    [{ class: { code: 'AMB' } }, 'ADT^A04^ADT_A01'],
    [{ status: 'finished' }, 'ADT^A03^ADT_A03'],
    [{ status: 'cancelled' }, 'ADT^A11^ADT_A09'],
    [{ status: 'planned' }, 'ADT^A05^ADT_A05'],
  ])('%j is %s', (more, type) => {
    expect(segmentsOf(visit(more))[0]).toContain(`||${type}|`);
  });

  test('a patient: A28 when new, A31 later, without a visit', () => {
    expect(segmentsOf(patient).map((one) => one.slice(0, 8))).toEqual([
      'MSH|^~\\&',
      'EVN|A31|',
      'PID|1||1',
      'PV1|1|N',
    ]);
    expect(segmentsOf({ ...patient, meta: { versionId: '1' } })[0]).toContain('||ADT^A28^ADT_A05|');
  });

  test('every number and address of a patient that is in use leaves', () => {
    const phone = (value: string, use?: string) => ({
      system: 'phone',
      value,
      ...(use === undefined ? {} : { use }),
    });
    const telecom = [
      phone('1', 'mobile'),
      phone('2'),
      phone('3', 'home'),
      phone('4', 'work'),
      phone('5', 'old'),
    ];
    const pid = line(segmentsOf({ ...patient, telecom }), 'PID').split('|');
    expect([pid[13], pid[14]]).toEqual(['3^PRN^PH~1^PRS^CP~2^^PH', '4^WPN^PH']);
  });

  test('a message that names its event is believed', () => {
    const header = {
      resourceType: 'MessageHeader',
      eventCoding: { code: 'A08' },
      source: { endpoint: 'urn:x' },
    };
    expect(
      segmentsOf(bundle(header, { ...encounter, subject: { identifier: { value: '5' } } }))[0],
    ).toContain('||ADT^A08^');
  });
});

describe('orders as ORM^O01 or OMI^O23', () => {
  const body = (more: object = {}) => bundle({ ...order, ...more }, patient, practitioner);

  test.each([
    ['completed', '2', 'SC', 'CM'],
    ['active', '1', 'NW', 'IP'],
    ['active', '3', 'SC', 'IP'],
    ['revoked', '2', 'CA', 'CA'],
    ['on-hold', '2', 'HD', 'HD'],
  ])('status %s in version %s is ORC-1 %s, ORC-5 %s', (status, versionId, control, state) => {
    const orc = line(segmentsOf(body({ status, meta: { versionId } })), 'ORC').split('|');
    expect([orc[1], orc[2], orc[3], orc[5]]).toEqual([control, 'P1^^1.2.3.4^ISO', 'F1^^1.2.3.4^ISO', state]);
  });

  test('priority, code and requester; imaging departments get IPC with the accession number', () => {
    const segments = segmentsOf(body(), { send: ['OMI^O23'] });
    expect(segments.map((one) => one.slice(0, 3))).toEqual(['MSH', 'PID', 'ORC', 'TQ1', 'OBR', 'IPC']);
    expect(line(segments, 'TQ1')).toBe('TQ1|1||||||||S');
    expect(line(segments, 'OBR')).toContain('|24323-8^CMP^LN|');
    expect(line(segments, 'IPC')).toBe('IPC|A1^^1.2.3.4^ISO|F1^^1.2.3.4^ISO||A1^^1.2.3.4^ISO');
  });

  test('what is no order is not sent', () => {
    expect(
      convertBody(bundle({ ...order, intent: 'plan' }, patient), { send: ['ORM^O01'] }).messages,
    ).toEqual([]);
    expect(
      convertBody(bundle({ ...order, status: 'draft' }, patient), { send: ['ORM^O01'] }).messages,
    ).toEqual([]);
  });
});

describe('documents as MDM', () => {
  const document = {
    resourceType: 'DocumentReference',
    masterIdentifier: { system: 'urn:oid:1.2', value: 'D1' },
    status: 'current',
    docStatus: 'final',
    type: loinc('18842-5', 'Discharge summary'),
    subject: { reference: 'Patient/p1' },
    date: '2026-11-22T10:00:00Z',
    author: [{ reference: 'Practitioner/d1' }],
    content: [{ attachment: { contentType: 'application/pdf', data: 'JVBERg==' } }],
  };
  const sent = (more: object = {}) => segmentsOf(bundle({ ...document, ...more }, patient, practitioner));

  test('T02 with the document in OBX', () => {
    const segments = sent();
    expect(segments[0]).toContain('||MDM^T02^MDM_T02|');
    expect(line(segments, 'TXA')).toBe(
      'TXA|1|18842-5^Discharge summary^LN|AP|20261122100000+0000||20261122100000+0000||20261122100000+0000|D77^House^Greg^^^^^^&9.9&ISO|||D1^^1.2^ISO|||||AU||AV',
    );
    expect(line(segments, 'OBX')).toBe(
      'OBX|1|ED|18842-5^Discharge summary^LN||^AP^PDF^Base64^JVBERg==||||||F',
    );
  });

  test('one that replaces another is T10, one that is taken back T11 without its content', () => {
    const replaced = {
      relatesTo: [{ code: 'replaces', target: { identifier: { system: 'urn:oid:1.2', value: 'D0' } } }],
    };
    expect(line(sent(replaced), 'TXA').split('|')[13]).toBe('D0^^1.2^ISO');
    expect(sent(replaced)[0]).toContain('||MDM^T10^MDM_T02|');
    const taken = sent({ status: 'entered-in-error' });
    expect(taken[0]).toContain('||MDM^T11^MDM_T01|');
    expect(line(taken, 'OBX')).toBe('');
  });
});

describe('what was answered as ACK', () => {
  const header = (code: string) => ({
    resourceType: 'MessageHeader',
    eventCoding: { code: 'R01' },
    source: { endpoint: 'urn:x' },
    response: { identifier: 'MSG42', code, details: { reference: 'OperationOutcome/o' } },
  });
  const outcome = {
    resourceType: 'OperationOutcome',
    id: 'o',
    issue: [{ severity: 'error', code: 'required', details: { text: 'PID-3 is missing' } }],
  };

  test('AA names the message; a refusal has its reasons', () => {
    expect(segmentsOf(bundle(header('ok'), outcome)).slice(1)).toEqual(['MSA|AA|MSG42']);
    expect(segmentsOf(bundle(header('fatal-error'), outcome)).slice(1)).toEqual([
      'MSA|AR|MSG42',
      'ERR|||101^Required field missing^HL70357|E||||PID-3 is missing',
    ]);
    expect(segmentsOf(bundle(header('transient-error'), outcome))[1]).toBe('MSA|AE|MSG42');
  });
});
