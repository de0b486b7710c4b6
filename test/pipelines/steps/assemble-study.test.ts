import { expect, test } from '@jest/globals';
import { ownObjectScope } from '../../../core/dicom-object.ts';
import { ImagingProcess } from './imaging-process.ts';

const study = { studyInstanceUid: '1.2.3' };
const image = (sop: string) => ({ sopInstanceUid: sop, instanceNumber: Number(sop.split('.').at(-1)) });

test('an archive is asked for its count once, by one delivery to the destination that the channel names', () => {
  const imaging = new ImagingProcess({ assemble: '{ quietMs: 1000, forcedMs: 60000, countFrom: out }' });
  imaging.instance(image('1.1'));
  imaging.notice({ notice: 'count', count: 2, ...study });
  expect(imaging.queries).toEqual([{ ask: 'count', ...study }]);
  imaging.instance(image('1.2'));
  const result = imaging.notice({ notice: 'count', count: 2, ...study });
  expect(result.report).toMatchObject({ study: { version: 1, signal: 'count', instances: 2 } });
  expect(imaging.jobs[0]?.job.study.instances).toHaveLength(2);
});

test('a channel that names no archive of its own is refused', () => {
  expect(() => new ImagingProcess({ assemble: '{ countFrom: pacs }' })).toThrow(/no destination pacs/);
  expect(() => new ImagingProcess({ assemble: '{ expect: "count(series) >= two" }' })).toThrow(
    /BH_CONFIG_EXPRESSION.*expected a number/,
  );
});

test('the last image that a procedure step named completes the study in its own message', () => {
  const imaging = new ImagingProcess();
  const step = { notice: 'mpps', stepUid: '9', ...study } as const;
  imaging.notice({ ...step, status: 'in progress' });
  imaging.instance(image('1.1'));
  imaging.pass(30_000);
  expect(imaging.jobs).toEqual([]);
  imaging.notice({ ...step, status: 'completed', sopInstanceUids: ['1.1', '1.2'] });
  const last = imaging.instance(image('1.2'));
  expect(last.report).toMatchObject({ study: { version: 1, signal: 'mpps' }, route: { version: 1 } });
  expect(imaging.jobs[0]?.job.study.instances.map(({ sopInstanceUid }) => sopInstanceUid)).toEqual([
    '1.1',
    '1.2',
  ]);
});

test('a late image gives version 2 of the same report, a repeated one never a second report', () => {
  const imaging = new ImagingProcess();
  imaging.finding(imaging.study());
  imaging.instance({ sopInstanceUid: '1.2.3.1.2' });
  imaging.pass(1_500);
  const second = imaging.jobs.at(-1);
  expect(second?.job.study).toMatchObject({ version: 2 });
  if (second) imaging.finding(second);
  const [first, again] = imaging.bundles.map((bundle) => imaging.resources('DiagnosticReport', bundle)[0]);
  const identifiers = [first, again].map((report) => report?.identifier as readonly unknown[]);
  expect(identifiers[1]?.[0]).toEqual(identifiers[0]?.[0]);
  expect(identifiers[1]?.[1]).not.toEqual(identifiers[0]?.[1]);
});

test('an expectation of the channel holds the study until its series are here', () => {
  const expectation = '"count(series where Modality = CT) >= 2 and count(instances) >= 3"';
  const imaging = new ImagingProcess({
    assemble: `{ quietMs: 1000, forcedMs: 600000, expect: ${expectation} }`,
  });
  const slice = (series: string, sop: string) =>
    imaging.instance({ ...image(sop), seriesInstanceUid: series, modality: 'CT' });
  slice('s1', '1.1');
  slice('s1', '1.2');
  imaging.pass(10_000);
  expect(imaging.jobs).toEqual([]);
  slice('s2', '2.1');
  const [fired] = imaging.pass(1_500);
  expect(fired?.report).toMatchObject({ study: { signal: 'expected', instances: 3 } });
});

test('an object that the engine made neither opens nor reopens a study', () => {
  const imaging = new ImagingProcess({ report: '{ map: finding-to-fhir, orderDays: 0 }' });
  imaging.finding(imaging.study());
  imaging.states.set(`${ownObjectScope} 2.25.77`, '1.2.3');
  const result = imaging.instance({ sopInstanceUid: '2.25.77', modality: 'SR' });
  expect(result.report).toMatchObject({ study: { ignored: 'the object was made by this engine' } });
  expect(imaging.pass(60_000)).toHaveLength(0);
  // Other systems use UIDs of this form, too.
  imaging.instance({ sopInstanceUid: '2.25.78' });
  expect(imaging.pass(5_000).map(({ report }) => report?.study)).toMatchObject([{ version: 2 }]);
});

test('the instances of a study are forgotten with what was announced of it and never came', () => {
  const imaging = new ImagingProcess({ assemble: '{ quietMs: 1000, forcedMs: 60000, forgetDays: 1 }' });
  imaging.notice({ notice: 'ian', sopInstanceUids: ['1.2.3.1.1', 'never'], ...study });
  imaging.instance();
  imaging.pass(60_000);
  expect(imaging.jobs).toHaveLength(1);
  imaging.pass(2 * 86_400_000);
  const left = [...imaging.states.keys()].filter((key) => !key.startsWith('order '));
  expect(left).toEqual(['imaging 1.2.3']);
  expect(imaging.items.size).toBe(0);
});

test('an order that was cancelled ends the wait', () => {
  const imaging = new ImagingProcess();
  imaging.order({ status: 'cancelled' });
  imaging.instance();
  imaging.notice({ notice: 'ian', sopInstanceUids: ['never'], ...study });
  const [fired] = imaging.pass(1_500);
  expect(fired?.report).toMatchObject({ study: { signal: 'order', missing: 1 } });
});
