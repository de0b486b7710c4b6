import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { OrderFacts } from '../../../core/order.ts';
import type { StudyInstance } from '../../../core/study.ts';
import { compileRouting, rulesSchema } from '../../../pipelines/study/routing.ts';
import { instanceOf } from './study-model.ts';

const routing = (rules: unknown) => compileRouting(rulesSchema.parse(rules));
const slice = (sop: string, facts: Partial<StudyInstance> = {}): StudyInstance => ({
  ...instanceOf(sop, 1),
  bodyPart: 'CHEST',
  patientBirthDate: '19800615',
  patientSex: 'F',
  studyDate: '20261122',
  sliceThickness: 1.25,
  seriesDescription: 'Thorax nativ 1.25mm LUNG',
  imageType: 'ORIGINAL\\PRIMARY\\AXIAL',
  ...facts,
});
const study = {
  instances: [slice('1'), slice('2'), slice('3', { seriesInstanceUid: 's2', modality: 'SR' })],
};
const order: OrderFacts = {
  accessionNumber: 'A',
  patientId: '1',
  urgency: 'stat',
  procedure: { code: 'CTCH', display: 'CT chest' },
  messageId: 1,
  identifiers: [],
};
const holds = (when: string, subject: Parameters<ReturnType<typeof routing>>[0] = { study, order }) =>
  routing([{ model: 'm', when }])(subject).models.length === 1;

test.each([
  ['Modality = CT', true],
  ['Modality != CT', false],
  ['Modality in {MR, SR}', true],
  ['SliceThickness <= 1.25', true],
  ['SliceThickness < 1.25', false],
  ["SeriesDescription contains 'lung'", true],
  ["SeriesDescription matches 'thorax*lung'", true],
  ["SeriesDescription matches 'thorax'", false],
  ["SeriesDescription matches '*?nativ?*'", true],
  ['ImageType = AXIAL', true],
  ['count(instances) = 3', true],
  ['count(instances where Modality = CT) >= 2', true],
  ['count(series) > 2', false],
  ['count(series where Modality = CT and SliceThickness < 3) = 1', true],
  ['patient.age >= 46', true],
  ['patient.age > 46', false],
  ['patient.sex = F and order.urgency in {stat, urgent}', true],
  ['order.procedure = CTCH', true],
  ['order.status = active', true],
  ['ViewPosition valued', false],
])('%s is %s', (when, expected) => {
  expect(holds(when)).toBe(expected);
});

test.each([
  ['day before the birthday', '20261121', '19801122', '45'],
  ['birthday', '20261122', '19801122', '46'],
  ['no birth date, but an age', '20261122', '', '18'],
])('age in whole years: %s', (_, studyDate, patientBirthDate, years) => {
  const subject = { study: { instances: [slice('1', { studyDate, patientBirthDate, patientAge: '018Y' })] } };
  expect(holds(`patient.age = ${years}`, subject)).toBe(true);
});

test.each([
  ['Modalität = CT', 'unexpected'],
  ['Colour = red', 'Colour is not a DICOM keyword'],
  ['count(patients) > 1', 'expected instances or series'],
  ['count(series) > many', 'expected a number'],
  ['SliceThickness < thin', 'expected a number'],
  ['constructor = 1', 'not a DICOM keyword'],
])('%s is refused', (when, what) => {
  expect(() => routing([{ model: 'm', when }])).toThrow(
    new RegExp(`BH_CONFIG_EXPRESSION: column \\d+: .*${what}`),
  );
});

test('all rules that hold fire in their order; stop ends it, else is for what no other rule took', () => {
  const decide = routing([
    { rule: 'phantoms', when: "PatientName contains 'phantom'", stop: true },
    { rule: 'chest', when: 'BodyPartExamined = CHEST', models: ['lung', 'heart'] },
    { rule: 'thin', when: 'SliceThickness < 2', models: ['lung', 'nodule'], stop: true },
    { rule: 'late', model: 'never' },
    { rule: 'rest', else: true, model: 'any' },
  ]);
  const { rules, models } = decide({ study });
  expect(models).toEqual(['lung', 'heart', 'nodule']);
  expect(rules.map(({ rule, said }) => [rule, said])).toEqual([
    ['phantoms', 'no'],
    ['chest', 'fired'],
    ['thin', 'fired'],
    ['late', 'not asked'],
    ['rest', 'not asked'],
  ]);
  expect(rules.map(({ why }) => why)).toEqual([
    "PatientName contains 'phantom': found nothing",
    'BodyPartExamined = CHEST: found CHEST',
    'SliceThickness < 2: found 1.25',
    'thin stops',
    'thin stops',
  ]);
  const phantom = { instances: [slice('1', { patientName: 'QA^PHANTOM' })] };
  expect(decide({ study: phantom }).models).toEqual([]);
  const other = { instances: [slice('1', { bodyPart: 'HAND', sliceThickness: 5 })] };
  expect(
    routing([
      { when: 'BodyPartExamined = CHEST', model: 'a' },
      { else: true, model: 'b' },
    ])({ study: other }).models,
  ).toEqual(['b']);
});

test('why a rule did not fire names what failed and what was found, and nothing else', () => {
  const [word] = routing([
    { model: 'm', when: 'Modality = CT and count(series where Modality = CT) >= 2 and order.urgency = stat' },
  ])({ study }).rules;
  expect(word?.why).toBe(
    'count(series where Modality = CT) >= 2: counted 1 of 2; order.urgency = stat: found nothing',
  );
});

test('a rule names a model, or it stops', () => {
  expect(rulesSchema.safeParse([{ when: 'Modality = CT' }]).success).toBe(false);
  expect(rulesSchema.safeParse([{ when: 'Modality = CT', stop: true }]).success).toBe(true);
});

test('property: a pattern takes time in proportion to its length and the value, and is read as wildcards only', () => {
  const part = fc.stringMatching(/^[ab*?]{0,12}$/);
  fc.assert(
    fc.property(part, fc.stringMatching(/^[ab]{0,12}$/), (pattern, value) => {
      const like = new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(value);
      const subject = { study: { instances: [slice('1', { seriesDescription: value })] } };
      const found = value !== '' && like;
      expect(holds(`SeriesDescription matches '${pattern}'`, subject)).toBe(found);
    }),
  );
  const hostile = `${'*a'.repeat(1_000)}b`;
  const subject = { study: { instances: [slice('1', { seriesDescription: 'a'.repeat(20_000) })] } };
  expect(holds(`SeriesDescription matches '${hostile}'`, subject)).toBe(false);
});
