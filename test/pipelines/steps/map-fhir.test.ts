import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { messageId } from '../../../core/ids.ts';
import type { Message, MessageKind } from '../../../core/message.ts';
import type { Destination, Source } from '../../../core/ports/index.ts';
import { compileHl7ToHl7Map } from '../../../mappings/hl7v2-to-hl7v2/load.ts';
import { catalogOf, type StepKind } from '../../../pipelines/channel/catalog.ts';
import { compileChannel } from '../../../pipelines/channel/compile.ts';
import { MissingState, processMessage } from '../../../pipelines/process/process-message.ts';
import { Subject } from '../../../pipelines/process/subject.ts';
import { editHl7 } from '../../../pipelines/steps/edit-hl7.ts';
import { mapStep } from '../../../pipelines/steps/map.ts';
import { mapFhir } from '../../../pipelines/steps/map-fhir.ts';
import { reportFinding } from '../../../pipelines/steps/report-finding.ts';
import {
  bundle,
  loinc,
  observation,
  order,
  outbound,
  patient,
  reported,
} from '../../mappings/fhir-to-hl7v2/outbound.ts';
import { site } from '../../mappings/site.ts';

const source = (kind: string, messageKind: MessageKind) => ({
  kind,
  messageKind,
  settings: z.unknown(),
  create: () => ({}) as Source,
});
const catalog = catalogOf({
  sources: [source('fhir', 'fhir'), source('dicomweb', 'dicom')],
  destinations: [
    { kind: 'out', settings: z.unknown(), takes: () => true, create: () => ({}) as Destination },
  ],
  steps: [
    mapStep({ 'fhir-to-hl7v2': mapFhir(outbound) }),
    reportFinding(site),
    {
      kind: 'order-alone',
      settings: z.unknown(),
      create: () => ({
        kind: 'order-alone',
        takes: ['finding'],
        apply(_input, output) {
          const bytes = Buffer.from(JSON.stringify(bundle(order, patient)));
          output.products.push({ contentType: 'application/fhir+json', bytes, keys: [], priority: 0 });
        },
      }),
    } satisfies StepKind<unknown>,
    editHl7({
      load: () => compileHl7ToHl7Map('x.yaml', 'map: x\nrows:\n- { id: MSH-5, set: EDITED }', () => ''),
      fallbackCharset: 'utf-8',
    }),
  ],
});

const compile = (from: string, steps: string) =>
  compileChannel(
    `channel: c\nsource: { ${from}: {} }\nsteps:\n${steps}\nto: [{ out: {} }]\n`,
    'c.yaml',
    catalog,
    {},
  );

function run(from: string, steps: string, kind: MessageKind, body: unknown) {
  const channel = compile(from, steps);
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const message = {
    id: messageId(9),
    kind,
    type: '',
    contentType: 'application/fhir+json',
    receivedAtMs: 0,
    keys: [],
    searchKeys: [],
    body: { kind: 'inline', bytes },
  } as unknown as Message;
  const destinations = channel.destinations.map((one) => ({ ...one, open: { target: 'x' } as Destination }));
  const result = processMessage(channel, destinations, new Subject(message, bytes), {
    value: () => undefined,
    items: () => [],
  });
  if (result instanceof MissingState) throw new RangeError('no state is asked for');
  const texts = result.deliveries.map(({ body: made }) =>
    made.kind === 'inline' ? Buffer.from(made.bytes).toString() : '',
  );
  return { result, hl7: texts.filter((text) => text.startsWith('MSH')), all: texts };
}

const body = reported([observation('o1', loinc('1', 'x'), { valueQuantity: { value: 5, comparator: '<' } })]);

const finding = {
  status: 'completed',
  study: {
    studyInstanceUid: '1.2.3',
    version: 1,
    completedAtMs: 0,
    instances: [
      {
        sopInstanceUid: '1.2.3.1.1',
        sopClassUid: '1.2.840.10008.5.1.4.1.1.1.1',
        transferSyntaxUid: '1.2.840.10008.1.2.1',
        studyInstanceUid: '1.2.3',
        seriesInstanceUid: '1.2.3.1',
        modality: 'DX',
        accessionNumber: 'ACC1',
        patientId: '1001',
        patientName: 'Muster^Max',
        blob: 'a'.repeat(64),
        bytesCount: 1,
        receivedAtMs: 0,
      },
    ],
  },
  model: {
    name: 'm',
    version: '1',
    sha256: 'f'.repeat(64),
    intendedUse: 'Demo.',
    publisher: 'BitHive',
    licence: 'CC0',
  },
  order: {
    accessionNumber: 'ACC1',
    patientId: '1001',
    urgency: 'stat',
    messageId: 7,
    identifiers: [{ system: 'https://bithive.example/id/assigner/PL', value: 'P1' }],
  },
  ranAtMs: Date.UTC(2026, 10, 22, 8, 0, 3),
  durationMs: 12,
  sopInstanceUid: '1.2.3.1.1',
  target: { code: '233604007', system: 'http://snomed.info/sct', display: 'Pneumonia' },
  probability: 0.75,
  threshold: 0.5,
  positive: true,
};

describe('the step map: fhir-to-hl7v2', () => {
  test('a body that came in leaves as HL7 v2 in the lane of its patient', () => {
    const { result, hl7 } = run('fhir', '  - map: fhir-to-hl7v2', 'fhir', body);
    expect(hl7).toHaveLength(1);
    expect(hl7[0]).toContain('OBX|1|SN|1^x^LN||<^5|');
    expect(result.deliveries.map(({ lanes, priority }) => [lanes, priority])).toContainEqual([['x|123'], 9]);
    expect(result.report?.outbound).toEqual([{ type: 'ORU^R01', controlId: '9', of: 'DiagnosticReport/r1' }]);
  });

  test('settings of the site, and rows that follow', () => {
    const steps =
      '  - map: { map: fhir-to-hl7v2, sendingApplication: LIS, version: "2.4" }\n  - hl7v2: x.yaml';
    expect(run('fhir', steps, 'fhir', body).hl7[0]).toMatch(/^MSH\|\^~\\&\|LIS\|\|EDITED\|.*\|P\|2\.4\|/);
  });

  test('the finding of the grid leaves as FHIR and as ORU^R01, with model, probability and its state', () => {
    const steps = '  - report: finding-to-fhir\n  - map: fhir-to-hl7v2';
    const { result, hl7, all } = run('dicomweb', steps, 'finding', finding);
    expect(result.refusal).toBeUndefined();
    expect(all).toHaveLength(2);
    expect(hl7).toHaveLength(1);
    const segments = hl7[0]!.split('\r');
    expect(segments[0]).toContain('||ORU^R01^ORU_R01|9|');
    expect(segments[1]).toBe('PID|1||1001^^^HOSP||Muster^Max');
    expect(segments.find((one) => one.startsWith('OBR'))?.split('|')).toEqual(
      expect.arrayContaining(['P1^PL', '18748-4^Diagnostic imaging study^LN', 'ACC1', 'RAD', 'P']),
    );
    expect(segments.find((one) => one.includes('|NM|'))).toMatch(
      /233604007\^Pneumonia\^SCT\|1\|0\.75\|1\^\^UCUM\|positive from 0\.5\|POS\|\|\|P\|/,
    );
    expect(hl7[0]).toContain(
      '&IMP^Diagnostic imaging study^LN||Pneumonia: positive (probability 0.7500, threshold 0.5).~Preliminary, computed by a machine',
    );
    expect(hl7[0]).toContain('|ED|18748-4&GDT^Diagnostic imaging study^LN||^TEXT^HTML^Base64^');
  });

  test('a refusal of the grid leaves as a cancelled ORU^R01 with its reason and without a value', () => {
    const { probability: _p, positive: _pos, threshold: _t, target: _target, ...base } = finding;
    const refused = { ...base, status: 'refused', code: 'BH_MODEL_OUT_OF_DISTRIBUTION', reason: 'no chest' };
    const { hl7 } = run(
      'dicomweb',
      '  - report: finding-to-fhir\n  - map: fhir-to-hl7v2',
      'finding',
      refused,
    );
    expect(hl7).toHaveLength(1);
    const segments = hl7[0]!.split('\r');
    expect(segments.find((one) => one.startsWith('OBR'))?.split('|')[25]).toBe('X');
    const results = segments.filter((one) => one.startsWith('OBX')).map((one) => one.split('|'));
    expect(results.map((fields) => fields[2])).not.toContain('NM');
    expect(new Set(results.map((fields) => fields[11]))).toEqual(new Set(['X']));
    expect(hl7[0]).toContain('No result: no chest (BH_MODEL_OUT_OF_DISTRIBUTION).');
    expect(hl7[0]).toContain('this is not a negative result');
  });

  test('an order or patient that a step wrote for the EHR is no news for a receiver of reports', () => {
    const { hl7, all } = run('dicomweb', '  - order-alone: {}\n  - map: fhir-to-hl7v2', 'finding', finding);
    expect([hl7.length, all.length]).toEqual([0, 1]);
  });

  test('a body without a patient is kept with the reason; settings and names that are wrong are refused at load', () => {
    const { result } = run('fhir', '  - map: fhir-to-hl7v2', 'fhir', {
      resourceType: 'DiagnosticReport',
      code: { text: 'x' },
    });
    expect([result.status, result.refusal?.code]).toEqual(['quarantined', 'BH_MAP_FAILED']);
    expect(() => compile('fhir', '  - map: fhir-to-hl7')).toThrow(/c\.yaml:4: .*known: fhir-to-hl7v2/);
    expect(() => compile('fhir', '  - map: { map: fhir-to-hl7v2, version: "9" }')).toThrow(
      /c\.yaml:4: steps\.0\.map\.version: /,
    );
    expect(() => compile('fhir', '  - map: { map: fhir-to-hl7v2, charset: XYZ }')).toThrow(/HL7 table 0211/);
  });
});
