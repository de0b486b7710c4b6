import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { BitHiveError } from '../../../core/errors.ts';
import { catalogOf } from '../../../pipelines/channel/catalog.ts';
import { compileChannel } from '../../../pipelines/channel/compile.ts';
import { assembleStudy } from '../../../pipelines/steps/assemble-study.ts';
import { routeStudy } from '../../../pipelines/steps/route-study.ts';
import { site } from '../../mappings/site.ts';

const never = (): never => {
  throw new TypeError('a check opens nothing');
};
const catalog = catalogOf({
  sources: [
    {
      kind: 'hl7v2',
      messageKind: 'hl7v2',
      settings: z.strictObject({ port: z.number().optional() }),
      create: never,
    },
    { kind: 'dicomweb', messageKind: 'dicom', settings: z.strictObject({}), create: never },
    { kind: 'dimse', messageKind: 'dicom', settings: z.strictObject({}), create: never },
  ],
  steps: [assembleStudy(site), routeStudy()],
  destinations: [
    { kind: 'fhir', settings: z.strictObject({ url: z.url() }), takes: () => true, create: never },
    { kind: 'grid', settings: z.strictObject({}), takes: () => true, create: never },
  ],
});

const orders = `channel: orders
source:
  hl7v2: { port: 2575 }
ack: stored
filter: "MSH-9.1 = ADT"
key: PID-3.1
to:
  - fhir:
      name: ehr
      url: "\${EHR_URL:-http://ehr.example/fhir}"
  - fhir:
      url: http://other.example/fhir
      when: "PV1-2 in {I, E}"
`;

const imaging = `channel: imaging
source: { dicomweb: {} }
key: StudyInstanceUID
steps:
  - assemble: { quietMs: 5000 }
  - route:
      - { model: chest, when: "Modality in {CR, DX}" }
to:
  - grid: {}
`;

const compile = (text: string, environment = {}) => compileChannel(text, 'site.yaml', catalog, environment);

function faultOf(text: string): [string, string] {
  try {
    compile(text);
  } catch (error) {
    if (error instanceof BitHiveError) return [error.code, error.detail];
    throw error;
  }
  return ['none', ''];
}

test('both files compile as they stand', () => {
  const { destinations } = compile(orders);
  expect(destinations.map(({ name }) => name)).toEqual(['ehr', 'fhir-2']);
  expect(compile(imaging).steps.map(({ kind }) => kind)).toEqual(['assemble', 'route']);
});

test('a variable of the environment stands before its default', () => {
  const { destinations } = compile(orders, { EHR_URL: 'http://test.example/fhir' });
  expect(destinations[0]?.settings).toEqual({ url: 'http://test.example/fhir' });
});

test('one channel may have several doors for one kind of message', () => {
  const { sources, messageKind } = compile(
    imaging.replace('{ dicomweb: {} }', '{ dicomweb: {}, dimse: {} }'),
  );
  expect([sources.map(({ kind }) => kind.kind), messageKind]).toEqual([['dicomweb', 'dimse'], 'dicom']);
  expect(faultOf(imaging.replace('{ dicomweb: {} }', '{ dicomweb: {}, hl7v2: {} }'))).toEqual([
    'BH_CONFIG_VALUE',
    'site.yaml:2: the doors of one channel take one kind of message, not dicom and hl7v2',
  ]);
  expect(faultOf(imaging.replace('{ dicomweb: {} }', '{}'))[0]).toBe('BH_CONFIG_VALUE');
});

describe('every fault names file and line', () => {
  test('no channel has the name under which orders are published', () => {
    expect(() =>
      compileChannel(orders.replace('channel: orders', 'channel: order'), 'order.yaml', catalog, {}),
    ).toThrow(/published under/);
  });

  test.each([
    ['not YAML', orders, 'filter: "MSH', 'filter: "MSH-9.1\nack: [', 'BH_CONFIG_SYNTAX', 5],
    ['an unknown key', orders, 'ack:', 'acks:', 'BH_CONFIG_KEY', 4],
    ['an unknown acknowledgement', orders, 'ack: stored', 'ack: later', 'BH_CONFIG_VALUE', 4],
    ['an acknowledgement from nobody', orders, 'ack: stored', 'ack: from ris', 'BH_CONFIG_VALUE', 4],
    ['an unknown source', orders, 'hl7v2:', 'hl7v3:', 'BH_CONFIG_KEY', 3],
    ['a wrong setting of the source', orders, '2575', 'high', 'BH_CONFIG_VALUE', 3],
    ['a bad condition', orders, 'MSH-9.1 = ADT', 'MSH-9.1 = ', 'BH_CONFIG_EXPRESSION', 5],
    ['a bad path in the filter', orders, 'MSH-9.1 = ADT', 'MSH-x = ADT', 'BH_CONFIG_EXPRESSION', 5],
    ['a bad key', orders, 'PID-3.1', 'PID-', 'BH_HL7_PATH', 6],
    ['an unknown destination', orders, '  - fhir:\n      url', '  - fire:\n      url', 'BH_CONFIG_KEY', 11],
    ['an unknown key of a destination', orders, '      when', '      where', 'BH_CONFIG_KEY', 13],
    [
      'a bad condition of a destination',
      orders,
      'PV1-2 in {I, E}',
      'PV1-2 in {I',
      'BH_CONFIG_EXPRESSION',
      13,
    ],
    [
      'two destinations of one name',
      orders,
      '      when',
      '      name: ehr\n      when',
      'BH_CONFIG_VALUE',
      11,
    ],
    [
      'a variable that is not set',
      orders,
      'EHR_URL:-http://ehr.example/fhir',
      'EHR_URL',
      'BH_CONFIG_VALUE',
      10,
    ],
    ['an unknown step', imaging, 'route:', 'root:', 'BH_CONFIG_KEY', 6],
    ['an unknown key of a step', imaging, 'quietMs', 'quiteMs', 'BH_CONFIG_KEY', 5],
    ['a bad value of a step', imaging, '5000', 'soon', 'BH_CONFIG_VALUE', 5],
    ['a bad rule of a step', imaging, 'Modality in', 'Mode in', 'BH_CONFIG_EXPRESSION', 6],
    [
      'two kinds in one step',
      imaging,
      'assemble: { quietMs: 5000 }',
      '{ assemble: {}, route: [] }',
      'BH_CONFIG_VALUE',
      5,
    ],
  ])('%s', (_what, text, right, wrong, code, line) => {
    expect(text).toContain(right);
    const [found, detail] = faultOf(text.replace(right, () => wrong));
    expect([found, detail.split(': ')[0]]).toEqual([code, `site.yaml:${line}`]);
  });
});
