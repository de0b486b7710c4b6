import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { bodyOf, multipartType } from '../connectors/dicomweb/raw-client.ts';
import { isAlone } from './alone.ts';
import { dciodvfy, dcmdump, echoscu, storeStatuses, storescu } from './dcmtk.ts';
import { Orthanc } from './orthanc.ts';
import { demoFiles } from './samples.ts';
import { withComponents } from './with-components.ts';

withComponents('the components that the other tests stand on', () => {
  let orthanc: Orthanc;
  const folder = mkdtempSync(join(tmpdir(), 'bithive-components-'));
  const [first, second] = demoFiles() as [string, string];
  beforeAll(async () => {
    orthanc = await Orthanc.start();
  });
  afterAll(async () => {
    await orthanc?.stop();
    rmSync(folder, { recursive: true });
  });

  test('nobody outside can reach them', () => {
    expect(isAlone()).toBe(true);
  });

  test('a stranger gets nothing from the archive', async () => {
    expect((await fetch(`${orthanc.url}/statistics`)).status).toBe(401);
  });

  test('echoscu and storescu reach the archive, and what is stored is what was sent', async () => {
    expect((await echoscu(orthanc)).code).toBe(0);
    const sent = await storescu(orthanc, [first]);
    expect(sent.code).toBe(0);
    expect(storeStatuses(sent)).toEqual(['Success']);
    const [instance] = await orthanc.find('Instance', { PatientID: '*' });
    expect((await orthanc.file(instance as string)).length).toBeGreaterThan(40_000);
  });

  test('the archive takes STOW-RS', async () => {
    const answer = await fetch(`${orthanc.dicomWeb}/studies`, {
      method: 'POST',
      headers: {
        authorization: orthanc.authorization,
        accept: 'application/dicom+json',
        'content-type': multipartType,
      },
      body: Buffer.from(bodyOf([readFileSync(second)])),
    });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toHaveProperty('00081199');
  });

  test('dciodvfy finds what is wrong with an object, and nothing else', async () => {
    expect((await dciodvfy(first)).errors).toEqual([]);
    const broken = join(folder, 'broken.dcm');
    const bytes = readFileSync(first);
    // Photometric Interpretation, a word that is none of the defined terms.
    bytes.write('MONOCHROMEX', bytes.indexOf('MONOCHROME'), 'latin1');
    writeFileSync(broken, bytes);
    expect((await dciodvfy(broken)).errors.length).toBeGreaterThan(0);
    expect(await dcmdump(first)).toContain('(0008,0018) UI');
  });
});
