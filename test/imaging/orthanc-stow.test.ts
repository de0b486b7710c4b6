import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '../until.ts';
import { type RunningEngine, startEngine } from './engine.ts';
import { Orthanc } from './orthanc.ts';
import { demoFiles } from './samples.ts';
import { withComponents } from './with-components.ts';

const channel = `
channel: images
source: { dicomweb: {} }
key: StudyInstanceUID
to: [ { "null": {} } ]
`;

withComponents('a STOW-RS job of Orthanc', () => {
  let orthanc: Orthanc;
  let engine: RunningEngine;
  beforeAll(async () => {
    orthanc = await Orthanc.start();
    engine = await startEngine({ channels: { 'images.yaml': channel }, flags: ['--log-level', 'error'] });
    await orthanc.addDicomWebServer('bithive', `${engine.httpUrl}/dicomweb`, engine.token);
  });
  afterAll(async () => {
    await engine?.close();
    await orthanc?.stop();
  });

  test('delivers studies, each instance as it lies in the archive', async () => {
    const files = demoFiles();
    const instances = await Promise.all(files.map((file) => orthanc.store(readFileSync(file))));
    await orthanc.stow('bithive', instances);
    for (const instance of instances) {
      const hash = createHash('sha256')
        .update(await orthanc.file(instance))
        .digest('hex');
      const tags = await orthanc.request<{ SOPInstanceUID: string }>(
        'GET',
        `/instances/${instance}/simplified-tags`,
      );
      const [found] = await until(async () => {
        const messages = await engine.api.messages('sop-uid', tags.SOPInstanceUID);
        return messages.some(({ status }) => status === 'processed') && messages;
      });
      expect(await engine.api.bodySha256(found!.id)).toBe(hash);
    }
  });

  test('with a wrong token it fails, and nothing is taken', async () => {
    await orthanc.addDicomWebServer('stranger', `${engine.httpUrl}/dicomweb`, 'wrong');
    const [instance] = await orthanc.find('Instance', { PatientID: '*' });
    await expect(orthanc.stow('stranger', [instance as string])).rejects.toThrow('Orthanc, POST');
  });
});
