import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { radiograph } from '../../inference/radiograph.ts';
import { bithive, temporaryFolder } from './harness.ts';

const folder = temporaryFolder();
const channel = (name: string, route: string) => `
channel: ${name}
source: { dicomweb: {} }
key: StudyInstanceUID
steps:
  - assemble: {}
  - route: ${route}
to:
  - grid: {}
`;
const rules = `
      - { rule: urgent chest, when: "BodyPartExamined = CHEST and order.urgency = stat", model: fast }
      - { rule: chest, when: "BodyPartExamined = CHEST and count(instances) >= 2", models: [lung, heart], stop: true }
      - { rule: rest, else: true, model: any }`;
const orm = [
  'MSH|^~\\&|RIS|H|E|H|20261122080000||ORM^O01^ORM_O01|1|P|2.5.1',
  'PID|1||1001^^^H^MR||Muster^Max',
  'ORC|NW|P1^HIS|F1^RIS||||^^^^^S',
  'OBR|1|P1^HIS|F1^RIS|X^Thorax^L||||||||||||||A1|||||||CR|||^^^^^S',
  '',
].join('\r');

beforeAll(() => {
  mkdirSync(join(folder.path, 'channels'));
  mkdirSync(join(folder.path, 'cd', 'below'), { recursive: true });
  writeFileSync(join(folder.path, 'channels', 'imaging.yaml'), channel('imaging', rules));
  const image = (uid: string) => radiograph({ rows: 16, columns: 16, grey: () => 0.5, sopInstanceUid: uid });
  writeFileSync(join(folder.path, 'cd', 'one'), image('2.25.1'));
  writeFileSync(join(folder.path, 'cd', 'below', 'two'), image('2.25.12'));
  writeFileSync(join(folder.path, 'cd', 'AUTORUN.INF'), 'no image');
  writeFileSync(join(folder.path, 'order.hl7'), orm);
});
afterAll(() => folder.remove());

const route = (...argv: readonly string[]) =>
  bithive(['study', 'route', ...argv, '--channels-folder', 'channels'], { cwd: folder.path });

test('says which rules fired and why the others did not, without an engine', async () => {
  const { code, out, err } = await route('cd');
  expect({ code, out }).toEqual({
    code: 0,
    out: [
      'study 2.25.2: 2 instances in 1 series',
      '  imaging: lung, heart',
      '    - urgent chest: no; order.urgency = stat: found nothing',
      '    + chest: fired; BodyPartExamined = CHEST: found CHEST; count(instances) >= 2: counted 2 of 2',
      '    - rest: not asked; chest stops',
    ].join('\n'),
  });
  expect(err).toMatch(/AUTORUN.INF: BH_DICOM_/);
});

test('the channels that come with the engine need no EHR to say what they would do', async () => {
  const { code, out } = await bithive(['study', 'route', 'cd/one'], { cwd: folder.path });
  expect(code).toBe(0);
  expect(out).toContain('imaging-ai: cxr-pneumonia-28');
});

test('an order given as HL7 v2 or as facts is what the rules see', async () => {
  const { out } = await route('cd/one', '--order', 'order.hl7', '--json');
  const [study] = (JSON.parse(out) as { studies: { models: string[]; rules: { said: string }[] }[] }).studies;
  expect(study?.models).toEqual(['fast']);
  expect(study?.rules.map(({ said }) => said)).toEqual(['fired', 'no', 'not asked']);
  writeFileSync(join(folder.path, 'order.json'), '{ "accessionNumber": 1 }');
  expect(await route('cd/one', '--order', 'order.json')).toMatchObject({
    code: 2,
    err: expect.stringContaining('accessionNumber'),
  });
});

test('no model is exit code 3; what cannot be done is a coded line', async () => {
  writeFileSync(join(folder.path, 'text'), 'no image');
  expect(await route('text')).toMatchObject({ code: 3, err: expect.stringContaining('BH_DICOM_') });
  expect(await route('nothing-here')).toMatchObject({
    code: 2,
    err: expect.stringContaining('BH_CLI_USAGE'),
  });
  expect(await route('cd', '--channel', 'other')).toMatchObject({
    code: 2,
    err: expect.stringContaining('no channel other'),
  });
});
