import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readDataset } from '../../formats/dicom/index.ts';
import { tracesOf } from '../mappings/deidentify/planted.ts';
import { until } from '../until.ts';
import { type RunningEngine, startEngine } from './engine.ts';
import { Orthanc } from './orthanc.ts';
import { demoFiles, hasShared, sharedFolder, sharedSamples } from './samples.ts';
import { withComponents } from './with-components.ts';

/** A channel that passes on what it gets, under the settings of the way to the archive. */
const channel = (way: string) => `
channel: research
source: { dicomweb: {} }
key: StudyInstanceUID
to:
  - ${way}
      send: originals
      deidentify: { profile: basic, options: [retain-modified-dates] }
`;
const ways: Readonly<Record<string, (orthanc: Orthanc) => string>> = {
  stow: ({ dicomWeb }) =>
    `stow:\n      url: ${dicomWeb}\n      auth: { kind: basic, user: test, password: "env:ARCHIVE_PASSWORD" }`,
  dimse: ({ aet, port }) => `dimse:\n      ae: ${aet}\n      host: 127.0.0.1\n      port: ${port}`,
};
const own = [0x00100010, 0x00100020, 0x0020000d, 0x0020000e, 0x00080018];

withComponents.each(Object.entries(ways))('a research archive behind %s with deidentify', (_name, way) => {
  let orthanc: Orthanc;
  let engine: RunningEngine;
  beforeAll(async () => {
    orthanc = await Orthanc.start();
    engine = await startEngine({
      channels: { 'research.yaml': channel(way(orthanc)) },
      environment: { ARCHIVE_PASSWORD: orthanc.password },
      flags: ['--log-level', 'error'],
    });
  });
  afterAll(async () => {
    await engine?.close();
    await orthanc?.stop();
  });

  const send = async (file: string): Promise<Buffer> => {
    const bytes = readFileSync(file);
    const boundary = 'boundary-of-the-test';
    const answer = await fetch(`${engine.httpUrl}/dicomweb/studies`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${engine.token}`,
        'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}`,
      },
      body: Buffer.concat([
        Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`),
        bytes,
        Buffer.from(`\r\n--${boundary}--\r\n`),
      ]),
    });
    expect(answer.status).toBe(200);
    return bytes;
  };
  const stored = async (): Promise<readonly Buffer[]> =>
    Promise.all(
      (await orthanc.find('Instance', { PatientID: '*' })).map((instance) => orthanc.file(instance)),
    );

  test('gets the demo radiographs, each once, without who they are of', async () => {
    const originals = await Promise.all(demoFiles().map(send));
    await until(async () => (await orthanc.instanceCount()) === originals.length);
    const files = await stored();
    for (const original of originals.map(readDataset)) {
      const needles = own
        .flatMap((tag) => original.texts(tag))
        .flatMap((text) => text.split('^'))
        .filter((text) => text.length > 3);
      expect(needles.length).toBeGreaterThan(3);
      expect(files.flatMap((file) => needles.filter((needle) => tracesOf(file, needle).length > 0))).toEqual(
        [],
      );
    }
    for (const file of files) expect(readDataset(file).text(0x00120062)).toBe('YES');
  });

  (hasShared ? test : test.skip)('holds a study whose references it can follow', async () => {
    const study = sharedSamples()
      .map(({ file }) => file)
      .filter((file) => file.startsWith('ct-liver/'));
    const before = await orthanc.instanceCount();
    await Promise.all(study.map((file) => send(join(sharedFolder, file))));
    await until(async () => (await orthanc.instanceCount()) === before + study.length);
    const files = (await stored()).map((file) => readDataset(file));
    const instances = new Set(files.map((file) => file.text(0x00080018)));
    const segmentations = files.filter((file) => file.text(0x00080060) === 'SEG');
    expect(segmentations.length).toBeGreaterThan(0);
    for (const segmentation of segmentations) {
      const referred = segmentation
        .sequence(0x00081115)
        .flatMap((series) => series.sequence(0x0008114a))
        .map((instance) => instance.text(0x00081155));
      expect(referred.length).toBeGreaterThan(0);
      expect(referred.filter((uid) => !instances.has(uid))).toEqual([]);
    }
  });

  (hasShared ? test : test.skip)('never hears of what may show a name: dead, with the code', async () => {
    const before = await orthanc.instanceCount();
    const ultrasound = sharedSamples().find(({ modality, pixel }) => modality === 'US' && pixel)?.file ?? '';
    await send(join(sharedFolder, ultrasound));
    const delivery = await until(async () => {
      const answer = await fetch(`${engine.httpUrl}/api/deliveries?state=dead`, {
        headers: { authorization: `Bearer ${engine.token}` },
      });
      const { deliveries } = (await answer.json()) as { deliveries: { lastError?: { code: string } }[] };
      return deliveries[0];
    });
    expect(delivery.lastError?.code).toBe('BH_DICOM_BURNED_IN');
    expect(await orthanc.instanceCount()).toBe(before);
  });
});
