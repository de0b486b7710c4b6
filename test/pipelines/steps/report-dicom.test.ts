import { describe, expect, test } from '@jest/globals';
import { dicomResultContentType, ownObjectScope } from '../../../core/dicom-object.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { ProcessedMessage } from '../../../core/ports/index.ts';
import { readDataset, tagOf } from '../../../formats/dicom/index.ts';
import { ImagingProcess } from './imaging-process.ts';

const imaging = (): ImagingProcess =>
  new ImagingProcess({ report: '{ map: finding-to-dicom, make: [sr, sc] }' });

const resultsOf = ({ deliveries }: ProcessedMessage) =>
  deliveries
    .filter(({ contentType }) => contentType === dicomResultContentType)
    .map(({ body, ...delivery }) => {
      if (body.kind !== 'inline') throw new RangeError('a result is inline');
      return { ...delivery, bytes: body.bytes, dataset: readDataset(body.bytes) };
    });

const predecessorOf = (message: ProcessedMessage): string | undefined => {
  const [sr] = resultsOf(message);
  const [study] = sr?.dataset.sequence(tagOf('PredecessorDocumentsSequence') ?? 0) ?? [];
  const [series] = study?.sequence(tagOf('ReferencedSeriesSequence') ?? 0) ?? [];
  const [object] = series?.sequence(tagOf('ReferencedSOPSequence') ?? 0) ?? [];
  return object?.text(tagOf('ReferencedSOPInstanceUID') ?? 0);
};

/** A study of which another instance comes after its result. */
function secondVersion(process: ImagingProcess) {
  process.instance({ sopInstanceUid: '1.2.3.1.2', instanceNumber: 2 });
  process.pass(1_500);
  const job = process.jobs.at(-1);
  if (job === undefined) throw new RangeError('the study went to the model again');
  return job;
}

describe('report: finding-to-dicom', () => {
  test('a finding leaves as the objects that the channel asks for, with what a destination needs to know of them', () => {
    const process = imaging();
    const results = resultsOf(process.finding(process.study()));
    expect(results.map(({ facts }) => facts)).toEqual([
      expect.objectContaining({ study: '1.2.3', version: 1, model: 'chest', result: 'sr' }),
      expect.objectContaining({ study: '1.2.3', version: 1, model: 'chest', result: 'sc' }),
    ]);
    for (const { dataset, facts, lanes } of results) {
      expect(dataset.text(0x00080018)).toBe((facts as JsonObject).sopInstanceUid);
      expect(dataset.text(0x00080016)).toBe((facts as JsonObject).sopClassUid);
      expect(lanes).toEqual(['out|1.2.3', 'out|1001']);
    }
  });

  test('an archive that sends a result back does not reopen the study', () => {
    const process = imaging();
    const [sr] = resultsOf(process.finding(process.study()));
    const sopInstanceUid = sr?.dataset.text(0x00080018) ?? '';
    expect(process.states.get(`${ownObjectScope} ${sopInstanceUid}`)).toBe('1.2.3');
    process.instance({ sopInstanceUid, modality: 'SR' });
    process.pass(10_000);
    expect(process.jobs).toHaveLength(1);
  });

  test('a finding that comes twice gives the same bytes', () => {
    const process = imaging();
    const job = process.study();
    const first = resultsOf(process.finding(job));
    const second = resultsOf(process.finding(job));
    expect(second.map(({ bytes }) => Buffer.from(bytes).toString('base64'))).toEqual(
      first.map(({ bytes }) => Buffer.from(bytes).toString('base64')),
    );
  });

  test('the next version of a study is another object that names the one before, also when it is made again', () => {
    const process = imaging();
    const first = process.finding(process.study());
    expect(predecessorOf(first)).toBeUndefined();
    const job = secondVersion(process);
    const second = process.finding(job);
    const [before, after] = [first, second].map((message) => resultsOf(message)[0]?.dataset);
    expect(predecessorOf(second)).toBe(before?.text(0x00080018));
    expect(after?.text(0x00080018)).not.toBe(before?.text(0x00080018));
    expect(after?.text(0x0020000e)).toBe(before?.text(0x0020000e));
    expect(after?.number(0x00200013)).toBe(2);
    expect(predecessorOf(process.finding(job))).toBe(before?.text(0x00080018));
  });

  test('an earlier version that is replayed does not name the later one', () => {
    const process = imaging();
    const job = process.study();
    process.finding(job);
    process.finding(secondVersion(process));
    expect(predecessorOf(process.finding(job))).toBeUndefined();
  });

  test('a second answer to the same question is another object', () => {
    const process = imaging();
    const job = process.study();
    const refused = process.finding(job, { status: 'refused', code: 'BH_MODEL_INPUT', reason: 'no image' });
    const repaired = process.finding(job);
    const uids = [refused, repaired].map((message) => resultsOf(message)[0]?.dataset.text(0x00080018));
    expect(uids[0]).not.toBe(uids[1]);
    expect(predecessorOf(repaired)).toBe(uids[0]);
  });

  test('a form that nobody knows is refused when the channel is compiled', () => {
    expect(() => new ImagingProcess({ report: '{ map: finding-to-dicom, make: [gsps] }' })).toThrow(
      'BH_CONFIG_VALUE',
    );
  });
});
