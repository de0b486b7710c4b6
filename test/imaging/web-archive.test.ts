import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  createArchiveDestination,
  createStowDestination,
  instanceOfBytes,
  search,
  storeInstances,
} from '../../connectors/dicomweb/client/index.ts';
import { type HttpClient, openHttpClient } from '../../connectors/http/http-client.ts';
import { dicomResultContentType } from '../../core/dicom-object.ts';
import type { StudyNotice, StudyQuery } from '../../core/study-query.ts';
import { instanceFacts, readDataset } from '../../formats/dicom/index.ts';
import { openFolderBlobs } from '../../platform/blobs/index.ts';
import { systemClock } from '../../platform/clock.ts';
import { systemRandom } from '../../platform/random.ts';
import { objectBytes } from '../connectors/dicomweb/object-bytes.ts';
import { delivery } from '../connectors/fhir/deliveries.ts';
import { until } from '../until.ts';
import { type RunningEngine, startEngine } from './engine.ts';
import { Orthanc } from './orthanc.ts';
import { demoFiles } from './samples.ts';
import { withComponents } from './with-components.ts';

const never = new AbortController().signal;
const factsOf = (bytes: Uint8Array) => instanceFacts(readDataset(bytes));

withComponents('Orthanc as the DICOMweb archive', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bithive-web-'));
  const objects = demoFiles().map((file) => readFileSync(file));
  let orthanc: Orthanc;
  let client: HttpClient;
  const server = () => ({
    url: orthanc.dicomWeb,
    auth: { kind: 'basic', user: 'test', password: 'the password' } as const,
    ports: { clock: systemClock, random: systemRandom, keys: { secret: async () => orthanc.password } },
  });
  beforeAll(async () => {
    orthanc = await Orthanc.start();
    client = await openHttpClient({ ...server(), connections: 2 });
  });
  afterAll(async () => {
    await client?.close();
    await orthanc?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('several instances are stored by one request; what is no DICOM object is not', async () => {
    const answer = await storeInstances(client, objects.map(instanceOfBytes), {
      random: systemRandom,
      signal: never,
    });
    expect(answer.stored.map(({ sopInstanceUid }) => sopInstanceUid).sort()).toEqual(
      objects.map((bytes) => factsOf(bytes).sopInstanceUid).sort(),
    );
    expect(answer.failed).toEqual([]);
    const refused = await storeInstances(client, [instanceOfBytes(Buffer.from('rubbish'))], {
      random: systemRandom,
      signal: never,
    });
    expect(refused.stored).toEqual([]);
  });

  test('a delivery ends by what the archive says of the instance', async () => {
    const destination = createStowDestination({ ...server(), blobs: await openFolderBlobs({ folder }) });
    const send = (bytes: Uint8Array, sopInstanceUid: string) =>
      destination.send(
        {
          ...delivery('', { study: '1.2.3', sopInstanceUid }),
          contentType: dicomResultContentType,
          body: { kind: 'inline', bytes },
        },
        never,
      );
    expect(await send(objectBytes({ sopInstanceUid: '1.2.3.44' }), '1.2.3.44')).toMatchObject({
      kind: 'delivered',
    });
    expect(await send(objectBytes({ sopInstanceUid: '1.2.3.44' }), '1.2.3.44')).toMatchObject({
      kind: 'delivered',
    });
    expect((await send(Buffer.from('rubbish'), '1.2.3.45')).kind).not.toBe('delivered');
    await destination.close();
  });

  test('studies are found, page by page', async () => {
    const found: string[] = [];
    const request = {
      path: '/studies',
      query: { ModalitiesInStudy: 'CR' },
      pageSize: 3,
      resultsMax: 100,
      signal: never,
    };
    for await (const study of search(client, request)) found.push(JSON.stringify(study['0020000D']));
    const { modality } = factsOf(objects[0]!);
    expect(new Set(found).size).toBe(modality === 'CR' ? objects.length : 0);
  });

  test('a count, and a prior with its objects', async () => {
    const blobs = await openFolderBlobs({ folder });
    const destination = createArchiveDestination({ ...server(), name: 'pacs', blobs });
    const ask = async (query: StudyQuery): Promise<StudyNotice> => {
      const outcome = await destination.send(delivery(query), never);
      if (outcome.kind !== 'delivered' || outcome.answer?.body.kind !== 'inline')
        throw new TypeError(JSON.stringify(outcome));
      return JSON.parse(Buffer.from(outcome.answer.body.bytes).toString('utf8')) as StudyNotice;
    };
    const facts = factsOf(objects[0]!);
    expect(await ask({ ask: 'count', studyInstanceUid: facts.studyInstanceUid })).toMatchObject({ count: 1 });
    expect(await ask({ ask: 'count', studyInstanceUid: '1.1.1' })).toMatchObject({ count: 0 });
    const priors = await ask({
      ask: 'priors',
      studyInstanceUid: '1.2.3.4.5',
      patientId: facts.patientId ?? '',
      modalities: [facts.modality],
      studiesMax: 3,
    });
    if (priors.notice !== 'priors') throw new TypeError('no priors');
    if (priors.studies.length !== 1) throw new TypeError(JSON.stringify(priors).slice(0, 2_000));
    const prior = priors.studies.find(({ studyInstanceUid }) => studyInstanceUid === facts.studyInstanceUid);
    expect(prior?.instances).toHaveLength(1);
    const bytes = Buffer.from(await blobs.read(prior!.instances[0]!.blob));
    expect(factsOf(bytes)).toEqual(facts);
    await destination.close();
  });
});

const channel = (url: string) => `
channel: images
source: { dicomweb: {} }
key: StudyInstanceUID
to:
  - stow: { url: "${url}", send: originals, auth: { kind: basic, user: test, password: "env:ORTHANC_PASSWORD" } }
`;

withComponents('the engine between', () => {
  let orthanc: Orthanc;
  let reader: Orthanc;
  let engine: RunningEngine;
  beforeAll(async () => {
    orthanc = await Orthanc.start();
    reader = await Orthanc.start();
    engine = await startEngine({
      channels: { 'images.yaml': channel(orthanc.dicomWeb) },
      flags: ['--log-level', 'error'],
      environment: { ORTHANC_PASSWORD: orthanc.password },
    });
    await reader.addDicomWebServer('bithive', `${engine.httpUrl}/dicomweb`, engine.token);
  });
  afterAll(async () => {
    await engine?.close();
    await reader?.stop();
    await orthanc?.stop();
  });

  test('objects that come in by STOW-RS leave by STOW-RS, and are in the archive as they were sent', async () => {
    const client = await openHttpClient({
      url: `${engine.httpUrl}/dicomweb`,
      connections: 1,
      auth: { kind: 'bearer', token: 'token' },
      ports: { clock: systemClock, random: systemRandom, keys: { secret: async () => engine.token } },
    });
    const objects = demoFiles().map((file) => readFileSync(file));
    const options = { random: systemRandom, signal: never };
    expect((await storeInstances(client, objects.map(instanceOfBytes), options)).stored).toHaveLength(
      objects.length,
    );
    await client.close();
    await until(async () => (await orthanc.instanceCount()) === objects.length);
    const [instance] = await orthanc.find('Instance', {
      SOPInstanceUID: factsOf(objects[0]!).sopInstanceUid,
    });
    expect(factsOf(await orthanc.file(instance as string))).toEqual(factsOf(objects[0]!));
  });

  test("Orthanc's own DICOMweb client searches the engine and retrieves a study from it", async () => {
    const { studyInstanceUid, sopInstanceUid } = factsOf(readFileSync(demoFiles()[0]!));
    const found = await reader.request<Record<string, unknown>[]>('POST', '/dicom-web/servers/bithive/qido', {
      Uri: '/studies',
      Arguments: { StudyInstanceUID: studyInstanceUid },
    });
    expect(found).toHaveLength(1);
    await reader.request('POST', '/dicom-web/servers/bithive/retrieve', {
      Resources: [{ Study: studyInstanceUid }],
    });
    const instances = await reader.find('Instance', { SOPInstanceUID: sopInstanceUid });
    expect(instances).toHaveLength(1);
    expect(factsOf(await reader.file(instances[0] as string)).sopInstanceUid).toBe(sopInstanceUid);
  });
});
