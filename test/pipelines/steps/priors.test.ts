import { expect, test } from '@jest/globals';
import type { BlobHash } from '../../../core/ids.ts';
import type { PriorStudy, StudyNotice } from '../../../core/study-query.ts';
import { ImagingProcess } from './imaging-process.ts';

const route = '{ rules: [{ model: chest }, { model: compare }], priorsFrom: out, priorsWaitMs: 60000 }';
const open = (more = route) =>
  new ImagingProcess({ route: more, report: '{ map: finding-to-fhir, orderDays: 0 }' });

const prior = (uid: string, studyDate: string, facts: object = {}): PriorStudy => ({
  studyInstanceUid: uid,
  studyDate,
  instances: [
    {
      sopInstanceUid: `${uid}.1`,
      sopClassUid: '1.2.840.10008.5.1.4.1.1.1.1',
      transferSyntaxUid: '1.2.840.10008.1.2.1',
      studyInstanceUid: uid,
      seriesInstanceUid: `${uid}.0`,
      modality: 'DX',
      bodyPart: 'CHEST',
      blob: 'b'.repeat(64) as BlobHash,
      bytesCount: 5,
      receivedAtMs: 1,
      ...facts,
    },
  ],
});
const answer = (...studies: readonly PriorStudy[]): StudyNotice => ({
  notice: 'priors',
  studyInstanceUid: '1.2.3',
  studies,
});
const models = (imaging: ImagingProcess) => imaging.jobs.map(({ job }) => job.model);

test('the archive is asked once for a model that compares; the other one does not wait', () => {
  const imaging = open();
  imaging.instance({ studyDate: '20261122', patientIdIssuer: 'HIS' });
  const [completed] = imaging.pass(1_500);
  expect(models(imaging)).toEqual(['chest']);
  expect(imaging.queries).toEqual([
    {
      ask: 'priors',
      studyInstanceUid: '1.2.3',
      patientId: '1001',
      patientIdIssuer: 'HIS',
      modalities: ['DX'],
      before: '20261122',
      studiesMax: 1,
    },
  ]);
  expect(completed?.report).toMatchObject({ route: { waitForPriors: ['compare'] } });
  imaging.notice(answer(prior('8', '20240101'), prior('9', '20250101')));
  expect(models(imaging)).toEqual(['chest', 'compare']);
  const [, { job } = { job: undefined }] = imaging.jobs;
  expect(job?.priors?.map(({ studyInstanceUid }) => studyInstanceUid)).toEqual(['9']);
  expect(job?.study).toMatchObject({ version: 1 });
  imaging.pass(120_000);
  expect(models(imaging)).toHaveLength(2);
});

test('what is no image of the kind that the model asks for is left out', () => {
  const imaging = open();
  imaging.instance({ bodyPart: 'CHEST' });
  imaging.pass(1_500);
  imaging.notice(answer(prior('7', '20260101', { bodyPart: 'HAND' }), prior('9', '20250101')));
  expect(imaging.jobs[1]?.job.priors?.map(({ studyInstanceUid }) => studyInstanceUid)).toEqual(['9']);
});

test('without an answer in time the model runs all the same, and its job says why', () => {
  const imaging = open();
  imaging.instance();
  imaging.pass(61_500);
  expect(imaging.jobs[1]?.job).toMatchObject({
    model: 'compare',
    priors: [],
    priorsMissing: 'the archive did not answer within 60 s',
  });
  // An answer that comes later serves the next version.
  imaging.notice(answer(prior('9', '20250101')));
  expect(models(imaging)).toHaveLength(2);
  imaging.instance({ sopInstanceUid: 'late' });
  imaging.pass(1_500);
  expect(imaging.jobs.at(-1)?.job).toMatchObject({
    study: { version: 2 },
    priors: [{ studyInstanceUid: '9' }],
  });
  expect(imaging.queries).toHaveLength(1);
});

test('a study that was opened again while its model waited runs it on the next version, not on the old one', () => {
  const imaging = open();
  imaging.instance();
  imaging.pass(1_500);
  imaging.instance({ sopInstanceUid: 'late' });
  imaging.notice(answer(prior('9', '20250101')));
  expect(models(imaging)).toEqual(['chest']);
  imaging.pass(1_500);
  expect(
    imaging.jobs.filter(({ job }) => job.model === 'compare').map(({ job }) => job.study.version),
  ).toEqual([2]);
});

test('a channel that asks nobody, and images that name no patient, are reasons, too', () => {
  const nobody = open('[{ model: compare }]');
  nobody.instance();
  nobody.pass(1_500);
  expect(nobody.jobs[0]?.job.priorsMissing).toBe('the channel asks no archive for earlier studies');
  const nameless = open();
  nameless.instance({ patientId: '' });
  nameless.pass(1_500);
  expect(nameless.jobs[1]?.job.priorsMissing).toBe('the images name no patient');
  expect(nameless.queries).toEqual([]);
});

test('the objects of earlier studies are facts of their study, and go with it', () => {
  const imaging = open();
  imaging.instance();
  imaging.pass(1_500);
  imaging.notice(answer(prior('9', '20250101')));
  expect([...(imaging.items.get('imaging/priors 1.2.3') ?? [])]).toMatchObject([
    ['9.1', { blob: 'b'.repeat(64), studyInstanceUid: '9' }],
  ]);
  imaging.pass(31 * 86_400_000);
  expect(imaging.items.size).toBe(0);
  expect(imaging.states.has('imaging/priors 1.2.3')).toBe(false);
});
