import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createArchiveDestination } from '../../../../connectors/dicomweb/client/index.ts';
import type { Blobs } from '../../../../core/ports/index.ts';
import { type StudyNotice, type StudyQuery, studyQueryContentType } from '../../../../core/study-query.ts';
import { systemClock } from '../../../../platform/clock.ts';
import { systemRandom } from '../../../../platform/random.ts';
import { delivery, neverStopped } from '../../fhir/deliveries.ts';
import { objectBytes } from '../object-bytes.ts';
import { blobsIn } from './archive.ts';
import { attributes, json, multipart, type ScriptedArchive, startArchive } from './archive-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'bithive-archive-'));
let blobs: Blobs;
let archive: ScriptedArchive;
beforeAll(async () => {
  blobs = await blobsIn(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(async () => {
  archive = await startArchive();
});
afterEach(async () => archive.close());

async function ask(query: StudyQuery) {
  const destination = createArchiveDestination({
    url: archive.url,
    name: 'pacs',
    blobs,
    ports: { clock: systemClock, random: systemRandom, keys: { secret: async () => '' } },
  });
  try {
    const given = { ...delivery(query), contentType: studyQueryContentType };
    return await destination.send(given, neverStopped);
  } finally {
    await destination.close();
  }
}

async function noticeOf(query: StudyQuery): Promise<StudyNotice> {
  const outcome = await ask(query);
  if (outcome.kind !== 'delivered' || outcome.answer?.body.kind !== 'inline') {
    throw new TypeError(JSON.stringify(outcome));
  }
  return JSON.parse(Buffer.from(outcome.answer.body.bytes).toString('utf8')) as StudyNotice;
}

describe('count', () => {
  const query: StudyQuery = { ask: 'count', studyInstanceUid: '1.2.3' };

  test('is what the archive says, as a notice of the study', async () => {
    archive.behave = (_path, _asked, answer) =>
      json(answer, [attributes({ '0020000D': ['1.2.3'], '00201208': [412] })]);
    expect(await ask(query)).toMatchObject({
      kind: 'delivered',
      answer: { kind: 'notice', type: 'study-count', sender: 'pacs', searchKeys: [['study-uid', '1.2.3']] },
    });
    expect(await noticeOf(query)).toEqual({ notice: 'count', studyInstanceUid: '1.2.3', count: 412 });
  });

  test('is counted, over pages, where the archive does not say; a short page that tells of more is not the last', async () => {
    const uids = Array.from({ length: 250 }, (_, index) => `1.2.3.${index}`);
    archive.behave = (path, asked, answer) => {
      if (path === '/studies') return json(answer, [attributes({ '0020000D': ['1.2.3'] })]);
      const offset = Number(asked.get('offset'));
      const page = uids.slice(offset, offset + 100).map((uid) => attributes({ '00080018': [uid] }));
      json(answer, page, { warning: '299 archive: there are additional results' });
    };
    expect(await noticeOf(query)).toMatchObject({ count: 250 });
  });

  test('ends where the archive gives the same page again and again', async () => {
    archive.behave = (path, _asked, answer) =>
      path === '/studies'
        ? json(answer, [attributes({ '0020000D': ['1.2.3'] })])
        : json(
            answer,
            Array.from({ length: 1_000 }, (_, at) => attributes({ '00080018': [`1.${at}`] })),
          );
    expect(await noticeOf(query)).toMatchObject({ count: 1_000 });
    expect(archive.asked).toHaveLength(3);
  });

  test('of a study that the archive does not hold is 0; an answer for another study is none', async () => {
    archive.behave = (_path, _asked, answer) => answer.writeHead(204).end();
    expect(await noticeOf(query)).toMatchObject({ count: 0 });
    archive.behave = (_path, _asked, answer) =>
      json(answer, [attributes({ '0020000D': ['9.9'], '00201208': [3] })]);
    expect(await noticeOf(query)).toMatchObject({ count: 0 });
  });

  test.each([
    [503, 'retry'],
    [404, 'dead'],
    [400, 'dead'],
  ])('status %i ends as %s', async (status, kind) => {
    archive.behave = (_path, _asked, answer) => answer.writeHead(status).end('no');
    expect(await ask(query)).toMatchObject({ kind });
  });

  test.each([
    ['a page', '<html></html>'],
    ['an object', '{}'],
    ['text in the place of data sets', '["x"]'],
  ])('%s under 200 is refused', async (_name, body) => {
    archive.behave = (_path, _asked, answer) => answer.writeHead(200).end(body);
    expect(await ask(query)).toMatchObject({ kind: 'dead', error: { code: 'BH_DELIVERY_REFUSED' } });
  });
});

describe('priors', () => {
  const query: StudyQuery = {
    ask: 'priors',
    studyInstanceUid: '1.2.3',
    patientId: 'PAT-1',
    modalities: ['CT'],
    before: '20260301',
    studiesMax: 2,
  };
  const study = (uid: string, date: string, patient = 'PAT-1', modality = 'CT') =>
    attributes({ '0020000D': [uid], '00080020': [date], '00100020': [patient], '00080061': [modality] });
  const object = (studyInstanceUid: string, sopInstanceUid: string, patientId = 'PAT-1') =>
    objectBytes({ studyInstanceUid, sopInstanceUid, patientId });

  test('are the newest studies of the patient before the day, with their objects in the blob store', async () => {
    const objects = [object('1.7', '1.7.1'), object('1.7', '1.7.2')];
    archive.behave = (path, _asked, answer) => {
      if (path !== '/studies')
        return multipart(answer, path === '/studies/1.7' ? objects : [object('1.6', '1.6.1')]);
      json(answer, [
        study('1.2.3', '20260101'),
        study('1.5', '20240101'),
        study('1.7', '20251231'),
        study('1.6', '20250101'),
        study('1.8', '20260301'),
        study('1.9', '20251231', 'PAT-10'),
        study('1.10', '20251231', 'PAT-1', 'MR'),
      ]);
    };
    const outcome = await ask(query);
    const notice = await noticeOf(query);
    expect(notice).toMatchObject({
      notice: 'priors',
      studies: [
        {
          studyInstanceUid: '1.7',
          studyDate: '20251231',
          instances: [{ sopInstanceUid: '1.7.1' }, { sopInstanceUid: '1.7.2' }],
        },
        { studyInstanceUid: '1.6', studyDate: '20250101' },
      ],
    });
    expect(notice).not.toHaveProperty('missing');
    expect(outcome).toMatchObject({ answer: { type: 'study-priors', facts: { blobs: expect.any(Array) } } });
    const [first] = notice.notice === 'priors' ? notice.studies : [];
    expect(Buffer.from(await blobs.read(first!.instances[0]!.blob)).equals(objects[0]!)).toBe(true);
    const asked = new URL(archive.asked[0]!, archive.url).searchParams;
    expect(Object.fromEntries(asked)).toMatchObject({
      PatientID: 'PAT-1',
      StudyDate: '-20260301',
      ModalitiesInStudy: 'CT',
    });
  });

  test('are those without an issuer too, and none of another', async () => {
    archive.behave = (path, _asked, answer) => {
      if (path !== '/studies') return multipart(answer, [object(path.slice('/studies/'.length), '1.9.1')]);
      const issued = attributes({ '0020000D': ['1.7'], '00080020': ['20251231'], '00100020': ['PAT-1'] });
      json(answer, [{ ...issued, '00100021': { vr: 'LO', Value: ['ELSEWHERE'] } }, study('1.6', '20250101')]);
    };
    const notice = await noticeOf({ ...query, patientIdIssuer: 'HOSP' });
    expect(notice).toMatchObject({ studies: [{ studyInstanceUid: '1.6', instances: [{}] }] });
    expect(notice).not.toHaveProperty('missing');
    expect(archive.asked[0]).not.toContain('IssuerOfPatientID');
  });

  test('say what is missing: an instance of somebody else, a broken object, a study that is gone', async () => {
    archive.behave = (path, _asked, answer) => {
      if (path === '/studies') json(answer, [study('1.7', '20251231'), study('1.6', '20250101')]);
      else if (path === '/studies/1.6') answer.writeHead(410).end();
      else
        multipart(answer, [object('1.7', '1.7.1', 'PAT-2'), Buffer.from('rubbish'), object('1.7', '1.7.3')]);
    };
    expect(await noticeOf(query)).toMatchObject({
      studies: [{ studyInstanceUid: '1.7', instances: [{ sopInstanceUid: '1.7.3' }] }],
      missing: expect.stringMatching(
        /^1\.7: BH_DICOM_SYNTAX.*; 1\.6: retrieval: the archive answered HTTP 410$/,
      ),
    });
  });

  test('are not asked for with a wildcard in the id', async () => {
    expect(await noticeOf({ ...query, patientId: 'P*' })).toMatchObject({
      studies: [],
      missing: expect.any(String),
    });
    expect(archive.asked).toEqual([]);
  });

  const whole = object('1.7', '1.7.1');
  const hostile: readonly [string, ScriptedArchive['behave']][] = [
    ['another boundary than declared', (_p, _q, answer) => multipart(answer, [whole], 'other')],
    [
      'a boundary that is never closed',
      (_p, _q, answer) => {
        answer.writeHead(200, { 'content-type': 'multipart/related; boundary=b-1' });
        answer.end(Buffer.concat([Buffer.from('--b-1\r\n\r\n'), whole.subarray(0, 200)]));
      },
    ],
    [
      'a page in the place of objects',
      (_p, _q, answer) => {
        answer.writeHead(200, { 'content-type': 'text/html' }).end('<html></html>');
      },
    ],
    ['no content type', (_p, _q, answer) => answer.writeHead(200).end('x')],
    ['a cut object', (_p, _q, answer) => multipart(answer, [whole.subarray(0, whole.length - 3)])],
    [
      'a header that never ends',
      (_p, _q, answer) => {
        answer.writeHead(200, { 'content-type': 'multipart/related; boundary=b-1' });
        answer.end(`--b-1\r\nx: ${'y'.repeat(100_000)}`);
      },
    ],
  ];
  test.each(hostile)('%s gives no object, and says why', async (_name, behave) => {
    archive.behave = (path, asked, answer) =>
      path === '/studies' ? json(answer, [study('1.7', '20251231')]) : behave(path, asked, answer);
    expect(await noticeOf(query)).toMatchObject({ studies: [], missing: expect.stringMatching(/^1\.7: /) });
  });

  test.each<[string, ScriptedArchive['behave']]>([
    [
      'a length that lies',
      (_p, _q, answer) => {
        answer.writeHead(200, {
          'content-type': 'multipart/related; boundary=b-1',
          'content-length': '1000000',
        });
        answer.write('--b-1\r\n\r\nabc', () => answer.destroy());
      },
    ],
    ['a busy archive', (_p, _q, answer) => answer.writeHead(503).end()],
  ])('%s is tried again', async (_name, behave) => {
    archive.behave = (path, asked, answer) =>
      path === '/studies' ? json(answer, [study('1.7', '20251231')]) : behave(path, asked, answer);
    expect(await ask(query)).toMatchObject({ kind: 'retry' });
  });
});
