import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decode } from 'fast-png';
import { parseBlobHash } from '../../../core/ids.ts';
import { instanceFacts, readDataset } from '../../../formats/dicom/index.ts';
import { parseMediaType, readMultipart } from '../../../formats/multipart/index.ts';
import { objectBytes } from '../../connectors/dicomweb/object-bytes.ts';
import { sendStudy } from '../../connectors/dicomweb/send-study.ts';
import { dicomwebClient, type Hospital, startHospital } from './hospital.ts';

const channel = `
channel: images
source: { dicomweb: {} }
key: StudyInstanceUID
to: [ { "null": {} } ]
`;
const demo = join(import.meta.dirname, '../../../data/demo/cxr');
const shared = join(import.meta.dirname, '../../../../shared/data/dicom');
const files = readdirSync(demo)
  .filter((name) => name.endsWith('.dcm'))
  .sort()
  .map((name) => join(demo, name));

let hospital: Hospital;
beforeAll(async () => {
  hospital = await startHospital({ channels: { 'images.yaml': channel } });
  await sendStudy(hospital.dicomweb, files, { token: hospital.engine.token });
  const more = [1, 2, 3].map((at) =>
    objectBytes({ studyInstanceUid: '1.9', sopInstanceUid: `1.9.${at}`, patientId: 'P/9' }),
  );
  await sendStudy(hospital.dicomweb, more, { token: hospital.engine.token });
});
afterAll(async () => hospital.close());

const get = (path: string, accept?: string) =>
  fetch(`${hospital.dicomweb}${path}`, {
    headers: {
      authorization: `Bearer ${hospital.engine.token}`,
      ...(accept === undefined ? {} : { accept }),
    },
  });

type Result = Readonly<Record<string, { readonly vr: string; readonly Value?: readonly unknown[] }>>;
async function search(path: string): Promise<readonly Result[]> {
  const answer = await get(path);
  expect([200, 204]).toContain(answer.status);
  return answer.status === 204 ? [] : ((await answer.json()) as readonly Result[]);
}
const first = (result: Result | undefined, tag: string): unknown => result?.[tag]?.Value?.[0];

async function parts(answer: Response): Promise<{ type: string | undefined; bytes: Buffer }[]> {
  const boundary = parseMediaType(answer.headers.get('content-type') ?? '')?.parameters.get('boundary') ?? '';
  const limits = { partsMax: 1_000, partBytesMax: 1e9, partHeaderBytesMax: 10_000 };
  const found = [];
  for await (const part of readMultipart(answer.body as AsyncIterable<Uint8Array>, boundary, limits)) {
    const pieces: Uint8Array[] = [];
    for await (const piece of part.body) pieces.push(Uint8Array.from(piece));
    found.push({ type: part.headers.get('content-type'), bytes: Buffer.concat(pieces) });
  }
  return found;
}

const instanceOf = (path: string) => {
  const dataset = readDataset(readFileSync(path));
  const { studyInstanceUid, seriesInstanceUid, sopInstanceUid } = instanceFacts(dataset);
  const url = `/studies/${studyInstanceUid}/series/${seriesInstanceUid}/instances/${sopInstanceUid}`;
  return { dataset, url };
};

describe('QIDO-RS', () => {
  test('studies, each with its counts and address', async () => {
    const studies = await search('/studies');
    expect(studies).toHaveLength(files.length + 1);
    const [nine] = await search('/studies?StudyInstanceUID=1.9');
    expect(nine).toMatchObject({
      '00080061': { vr: 'CS', Value: ['CT'] },
      '00081190': { vr: 'UR', Value: [`${hospital.dicomweb}/studies/1.9`] },
      '00100020': { vr: 'LO', Value: ['P/9'] },
      '00201206': { Value: [1] },
      '00201208': { Value: [3] },
    });
    expect(Object.keys(nine!)).toEqual(Object.keys(nine!).sort());
  });

  test.each([
    ['PatientID=P%2F9', 1],
    ['00100020=P%2F9', 1],
    ['PatientID=P', 0],
    ['PatientID=P*', 1],
    ['AccessionNumber=ACC-1', 1],
    ['AccessionNumber=DEMO-A001', 1],
    ['AccessionNumber=demo-a00?', 8],
    ['ModalitiesInStudy=CT', 1],
    ['ModalitiesInStudy=MR,CT', 1],
    ['StudyInstanceUID=1.9,1.8', 1],
    ['StudyDate=19000101-', 8],
    ['StudyDate=-19000101', 0],
    ['PatientName=', 9],
    ['limit=3', 3],
    ['limit=5&offset=7', 2],
  ])('/studies?%s finds %i', async (query, count) => {
    expect(await search(`/studies?${query}`)).toHaveLength(count);
  });

  test('the counts of a study do not depend on what was asked', async () => {
    const [study] = await search('/studies?SOPInstanceUID=1.9.2&StudyInstanceUID=1.9');
    expect(first(study, '00201208')).toBe(3);
  });

  test('series and instances', async () => {
    expect(await search('/studies/1.9/series')).toMatchObject([
      { '0020000E': { Value: ['1.2.3.1'] }, '00201209': { Value: [3] } },
    ]);
    const instances = await search('/studies/1.9/series/1.2.3.1/instances?limit=2');
    expect(instances.map((one) => first(one, '00080018'))).toEqual(['1.9.1', '1.9.2']);
    expect(await search('/series?Modality=CT')).toHaveLength(1);
    expect(await search('/instances?SOPInstanceUID=1.9.3')).toHaveLength(1);
  });

  test('more results than asked for are told of; what is no match key is refused', async () => {
    expect((await get('/studies?limit=1')).headers.get('warning')).toMatch(/^299 /);
    expect((await get('/studies')).headers.get('warning')).toBeNull();
    const refused = await get('/studies?ReferringPhysicianName=X');
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
      400,
      'BH_HTTP_INPUT',
    ]);
    for (const query of ['StudyDate=2026', 'limit=x', 'StudyDate=-']) {
      expect((await get(`/studies?${query}`)).status).toBe(400);
    }
    expect((await get('/studies', 'application/dicom+xml')).status).toBe(406);
  });
});

describe('WADO-RS', () => {
  test('objects come as they came in', async () => {
    const { url } = instanceOf(files[0]!);
    const [object] = await parts(await get(url));
    expect(object!.type).toMatch(/^application\/dicom; transfer-syntax=1\.2\.840\.10008\.1\.2/);
    expect(object!.bytes.equals(readFileSync(files[0]!))).toBe(true);
    const alone = await get(url, 'application/dicom');
    expect(Buffer.from(await alone.arrayBuffer()).equals(readFileSync(files[0]!))).toBe(true);
    expect(await parts(await get('/studies/1.9'))).toHaveLength(3);
    expect(await parts(await get('/studies/1.9/series/1.2.3.1'))).toHaveLength(3);
  });

  test('what is not there, and a transfer syntax that it is not in', async () => {
    expect((await get('/studies/1.77')).status).toBe(404);
    expect((await get('/studies/1.9/series/5')).status).toBe(404);
    expect(
      (
        await get(
          '/studies/1.9',
          'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.4.90',
        )
      ).status,
    ).toBe(406);
    expect((await get('/studies/1.9', 'text/html')).status).toBe(406);
  });

  test('metadata names pixel data by the address of its frames', async () => {
    const { url } = instanceOf(files[0]!);
    const [metadata] = (await (await get(`${url}/metadata`)).json()) as [
      Record<string, { BulkDataURI?: string }>,
    ];
    expect(metadata['7FE00010']?.BulkDataURI).toBe(`${hospital.dicomweb}${url}/frames`);
    expect(first(metadata as Result, '00280010')).toBeGreaterThan(0);
    expect(await (await get('/studies/1.9/metadata')).json()).toHaveLength(3);
  });

  test('frames are decoded, rendered and reduced', async () => {
    const { url, dataset } = instanceOf(files[0]!);
    const [frame] = await parts(await get(`${url}/frames/1`));
    expect(frame!.type).toBe('application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1');
    const bytesPerPixel = (dataset.number(0x00280100) ?? 0) / 8;
    const [rows, columns] = [dataset.number(0x00280010)!, dataset.number(0x00280011)!];
    expect(frame!.bytes).toHaveLength(rows * columns * bytesPerPixel);
    const png = decode(Buffer.from(await (await get(`${url}/rendered`)).arrayBuffer()));
    expect([png.width, png.height]).toEqual([columns, rows]);
    expect(new Set(png.data).size).toBeGreaterThan(10);
    const thumbnail = decode(Buffer.from(await (await get(`${url}/thumbnail`)).arrayBuffer()));
    expect(Math.max(thumbnail.width, thumbnail.height)).toBeLessThanOrEqual(128);
    expect((await get(`${url}/frames/2`)).status).toBe(404);
    expect((await get(`${url}/frames/0`)).status).toBe(400);
  });

  test('an object without pixels has no frames', async () => {
    const answer = await get('/studies/1.9/series/1.2.3.1/instances/1.9.1/frames/1');
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      422,
      'BH_DICOM_ATTRIBUTE',
    ]);
  });
});

/** The types of the client ask for a transport that it makes itself. */
const asTyped = {} as { readonly request: never };

test('dicomweb-client finds and retrieves what the engine holds', async () => {
  const client = dicomwebClient(hospital);
  const studies = (await client.searchForStudies({ queryParams: { PatientID: 'P/9' } })) as readonly Result[];
  expect(studies.map((one) => first(one, '0020000D'))).toEqual(['1.9']);
  expect(await client.searchForSeries({ studyInstanceUID: '1.9', ...asTyped })).toHaveLength(1);
  expect(await client.retrieveStudyMetadata({ studyInstanceUID: '1.9', ...asTyped })).toHaveLength(3);
  const objects = (await client.retrieveStudy({ studyInstanceUID: '1.9', ...asTyped })) as ArrayBuffer[];
  expect(objects.map(({ byteLength }) => byteLength)).toEqual(
    [1, 2, 3].map(
      (at) => objectBytes({ studyInstanceUid: '1.9', sopInstanceUid: `1.9.${at}`, patientId: 'P/9' }).length,
    ),
  );
});

test('nobody reads without a token; every read is an event with what was shown', async () => {
  for (const path of ['/studies', '/studies/1.9', '/studies/1.9/metadata']) {
    expect((await fetch(`${hospital.dicomweb}${path}`)).status).toBe(401);
  }
  await get('/studies?PatientID=P%2F9');
  await get('/studies/1.9/metadata');
  const events = await hospital.engine.store.readAudit(0, 1_000);
  expect(events.slice(-2)).toMatchObject([
    {
      action: 'read',
      operation: 'dicomweb.search.study',
      outcome: 'success',
      entities: { PatientID: 'P/9', found: ['1.9'] },
    },
    { operation: 'dicomweb.metadata', entities: { study: '1.9', patients: ['P/9'], count: 3 } },
  ]);
});

test('a body that retention took is 410, and makes a study partial', async () => {
  const lost = [1, 2].map((at) => objectBytes({ studyInstanceUid: '1.5', sopInstanceUid: `1.5.${at}` }));
  await sendStudy(hospital.dicomweb, lost, { token: hospital.engine.token });
  const [message] = await hospital.engine.store.listMessages({
    keys: [{ name: 'sop-uid', value: '1.5.1' }],
    limit: 1,
  });
  await hospital.engine.blobs.remove(parseBlobHash(message?.bodySize.hash ?? '')!);
  expect((await get('/studies/1.5/series/1.2.3.1/instances/1.5.1')).status).toBe(410);
  const answer = await get('/studies/1.5');
  expect(answer.status).toBe(206);
  expect(await parts(answer)).toHaveLength(1);
});

interface Sample {
  readonly file: string;
  readonly sopInstanceUid?: string;
  readonly pixel?: { readonly sha256?: string };
}

(existsSync(shared) ? test : test.skip)(
  'samples of every transfer syntax: the first frame decoded as the reference decoder does, and as stored',
  async () => {
    const { files: samples } = JSON.parse(readFileSync(join(shared, 'index.json'), 'utf8')) as {
      files: Sample[];
    };
    let decoded = 0;
    for (const { file, pixel } of samples.filter(({ file }) => file.startsWith('ts/'))) {
      const { url, dataset } = instanceOf(join(shared, file));
      // Some samples share their UIDs: what came last is what is there.
      await sendStudy(hospital.dicomweb, [join(shared, file)], { token: hospital.engine.token });
      const answer = await get(`${url}/frames/1`);
      if (answer.status !== 200) {
        expect([file, ((await answer.json()) as { code: string }).code]).toEqual([
          file,
          expect.stringMatching(/^BH_DICOM_/),
        ]);
        continue;
      }
      const [frame] = await parts(answer);
      decoded += 1;
      if (pixel?.sha256 !== undefined && (dataset.number(0x00280008) ?? 1) === 1) {
        expect([file, createHash('sha256').update(frame!.bytes).digest('hex')]).toEqual([file, pixel.sha256]);
      }
      if ((dataset.get(0x7fe00010)?.length ?? 0) >= 0) continue;
      const asStored = 'multipart/related; type="application/octet-stream"; transfer-syntax=*';
      const [stored] = await parts(await get(`${url}/frames/1`, asStored));
      expect(stored!.type).toContain(dataset.transferSyntaxUid);
      expect(stored!.bytes.equals(frame!.bytes)).toBe(false);
      expect((await get(`${url}/rendered`)).status).toBe(200);
    }
    expect(decoded).toBeGreaterThan(20);
  },
);
