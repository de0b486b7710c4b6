import { expect, test } from '@jest/globals';
import { noticeArrival } from '../../../connectors/dicom-objects/notice-arrival.ts';
import type { BlobHash } from '../../../core/ids.ts';
import type { StudyInstance } from '../../../core/study.ts';
import type { StudyNotice } from '../../../core/study-query.ts';

const stored: Uint8Array[] = [];
const blobs = {
  async put(source: AsyncIterable<Uint8Array>) {
    for await (const piece of source) stored.push(piece);
    return { hash: 'c'.repeat(64) as BlobHash, bytesCount: stored.at(-1)?.length ?? 0 };
  },
};
const arrive = (notice: StudyNotice) => noticeArrival(notice, { sender: 'ARCHIVE', blobs });
const ian: StudyNotice = { notice: 'ian', studyInstanceUid: '1.2', sopInstanceUids: ['1'] };

test('a notice is found under its study, and its facts say which', async () => {
  expect(await arrive(ian)).toMatchObject({
    kind: 'notice',
    type: 'IAN',
    sender: 'ARCHIVE',
    searchKeys: [['study-uid', '1.2']],
    facts: { studyInstanceUid: '1.2' },
  });
});

test('the same words of a device are a duplicate, other words and answers are not', async () => {
  const [first, again] = [await arrive(ian), await arrive(ian)];
  expect(again.dedupe).toEqual(first.dedupe);
  expect((await arrive({ ...ian, sopInstanceUids: ['2'] })).dedupe?.key).not.toBe(first.dedupe?.key);
  expect((await arrive({ notice: 'count', studyInstanceUid: '1.2', count: 3 })).dedupe).toBeUndefined();
});

test('the blobs of priors are named once each, and a long notice goes to a blob', async () => {
  const instance = (hash: string) => ({ sopInstanceUid: hash, blob: hash }) as unknown as StudyInstance;
  const studies = [{ studyInstanceUid: '1', instances: [instance('a'), instance('b'), instance('a')] }];
  const priors = await arrive({ notice: 'priors', studyInstanceUid: '1.2', studies });
  expect(priors.facts?.blobs).toEqual(['a', 'b']);
  expect(priors.body.kind).toBe('inline');
  const many = Array.from({ length: 20_000 }, (_, at) => `1.2.840.113619.2.${at}`);
  const long = await arrive({ ...ian, sopInstanceUids: many });
  expect(long.body).toMatchObject({ kind: 'blob', bytesCount: stored.at(-1)?.length });
});
