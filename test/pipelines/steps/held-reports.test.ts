import { describe, expect, test } from '@jest/globals';
import type { StudyNotice } from '../../../core/study-query.ts';
import type { Resource } from '../../../mappings/index.ts';
import { ImagingProcess } from './imaging-process.ts';

const hourMs = 3_600_000;
const reportOf = (imaging: ImagingProcess) => imaging.resources('DiagnosticReport')[0] as Resource;
const decide = (word: 'release' | 'reject', more: object = {}): StudyNotice => ({
  notice: 'decision',
  studyInstanceUid: '1.2.3',
  by: 'dr-who',
  word,
  ...more,
});
const listed = (imaging: ImagingProcess) => imaging.states.get('imaging/held-list studies');

/** A finding whose order names another patient. */
function held(order: object = { patientId: '2002' }): ImagingProcess {
  const imaging = new ImagingProcess();
  imaging.order(order);
  const { report } = imaging.finding(imaging.study());
  expect(imaging.bundles).toEqual([]);
  expect(report).toMatchObject({ issues: [{ code: 'BH_ORDER_PATIENT', severity: 'error' }], held: {} });
  return imaging;
}

describe('a report whose order names another patient', () => {
  test('is held, listed, and its values are told to nobody', () => {
    const imaging = held();
    expect(listed(imaging)).toMatchObject({
      studies: [{ studyInstanceUid: '1.2.3', code: 'BH_ORDER_PATIENT' }],
    });
    imaging.pass(48 * hourMs);
    expect(imaging.bundles).toEqual([]);
    expect(JSON.stringify(imaging.states.get('imaging/held 1.2.3'))).not.toMatch(/1001|2002/);
  });

  test.each([
    ['birth date', { patientBirthDate: '19800101' }, { patientBirthDate: '19810101' }],
    ['sex', { patientSex: 'F' }, { patientSex: 'M' }],
    ['name', { patientName: 'Doe^Jane' }, { patientName: 'Müller^Hans' }],
    ['assigner', { patientIdSystem: 'https://other.example/patient' }, { patientIdIssuer: 'HOSP' }],
  ])('is held for another %s, too', (what, order, image) => {
    const imaging = new ImagingProcess();
    imaging.order(order);
    const { report } = imaging.finding(imaging.study(image));
    expect(report).toMatchObject({ held: { differs: [what] } });
    expect(imaging.bundles).toEqual([]);
  });

  test.each([
    ['a married name', { patientName: 'Doe^Jane' }, { patientName: 'Smith^JANE' }],
    ['accents', { patientName: 'Mueller^Zoë' }, { patientName: 'Müller^Zoe' }],
    ['another script', { patientName: 'Yamada^Tarou' }, { patientName: '山田^太郎' }],
    ['a sex that is none', { patientSex: 'O' }, { patientSex: 'M' }],
    ['an id without an assigner', { patientIdSystem: 'https://other.example/patient' }, {}],
  ])('is not held for %s', (_, order, image) => {
    const imaging = new ImagingProcess();
    imaging.order(order);
    imaging.finding(imaging.study(image));
    expect(reportOf(imaging).basedOn).toHaveLength(1);
  });

  test('is written with its order when that is put right, once', () => {
    const imaging = held();
    imaging.pass(hourMs);
    imaging.order({ messageId: 78 });
    imaging.pass(hourMs);
    expect(imaging.bundles).toHaveLength(1);
    expect(imaging.resources('ServiceRequest')).toHaveLength(1);
    expect(listed(imaging)).toEqual({ studies: [] });
    imaging.pass(48 * hourMs);
    expect(imaging.bundles).toHaveLength(1);
  });

  test('is released without the order: written, not linked, and it says why', () => {
    const imaging = held();
    const { report } = imaging.notice(decide('release', { reason: 'wrong accession number typed' }));
    expect(report).toMatchObject({
      held: { word: 'release', by: 'dr-who', reason: 'wrong accession number typed' },
    });
    expect(imaging.bundles).toHaveLength(1);
    expect(reportOf(imaging)).not.toHaveProperty('basedOn');
    expect(reportOf(imaging).conclusion).toContain('is of another patient');
    expect(listed(imaging)).toEqual({ studies: [] });
    // Said once.
    expect(imaging.notice(decide('release')).report).toMatchObject({
      held: { ignored: 'no report of this study is held' },
    });
    expect(imaging.bundles).toHaveLength(1);
  });

  test('is released with the order: linked, as an operator says so', () => {
    const imaging = held();
    imaging.notice(decide('release', { withOrder: true }));
    expect(imaging.resources('ServiceRequest')).toHaveLength(1);
    expect(reportOf(imaging).basedOn).toHaveLength(1);
  });

  test('is rejected: nothing is written, of later versions neither, until the order changes', () => {
    const imaging = held();
    imaging.notice(decide('reject'));
    imaging.instance({ sopInstanceUid: 'late' });
    imaging.pass(1_500);
    const version2 = imaging.jobs.at(-1) as (typeof imaging.jobs)[0];
    expect(imaging.finding(version2).report).toMatchObject({ held: { word: 'reject' } });
    expect(imaging.bundles).toEqual([]);
    imaging.order({ messageId: 78 });
    imaging.finding(version2);
    expect(imaging.bundles).toHaveLength(1);
  });

  test('a release holds for later versions, as long as the order stays what it was', () => {
    const imaging = held();
    imaging.notice(decide('release'));
    imaging.instance({ sopInstanceUid: 'late' });
    imaging.pass(1_500);
    const version2 = imaging.jobs.at(-1) as (typeof imaging.jobs)[0];
    imaging.finding(version2);
    expect(imaging.bundles).toHaveLength(2);
    imaging.order({ patientId: '3003', messageId: 79 });
    imaging.finding(version2);
    expect(imaging.bundles).toHaveLength(2);
  });

  test('of several models waits for one decision, masks and all', () => {
    const imaging = new ImagingProcess();
    imaging.order({ patientId: '2002' });
    const job = imaging.study();
    imaging.finding(job);
    imaging.finding({ job: { ...job.job, model: 'other' } });
    imaging.notice(decide('release'));
    expect(imaging.bundles).toHaveLength(2);
  });

  test('is forgotten with its images, and the list says so', () => {
    const imaging = held();
    imaging.pass(31 * 24 * hourMs);
    expect(listed(imaging)).toEqual({ studies: [] });
    expect([...imaging.states.keys()].filter((key) => key.startsWith('imaging/held '))).toEqual([]);
  });
});

test('images of two patients in one study block its report, with or without an order', () => {
  const imaging = new ImagingProcess();
  imaging.instance();
  imaging.instance({ sopInstanceUid: 'other', patientId: '2002' });
  imaging.pass(1_500);
  const { report } = imaging.finding(imaging.jobs[0] as never);
  expect(report).toMatchObject({ issues: [{ code: 'BH_STUDY_PATIENT' }] });
  imaging.notice(decide('release'));
  expect(imaging.bundles).toHaveLength(1);
});

test('an order of another patient that comes after the report is not linked, and told', () => {
  const imaging = new ImagingProcess();
  imaging.finding(imaging.study());
  imaging.order({ patientId: '2002' });
  const told = imaging.pass(hourMs).filter(({ report }) => report?.issues !== undefined);
  expect(told).toHaveLength(1);
  expect(imaging.bundles).toHaveLength(1);
});
