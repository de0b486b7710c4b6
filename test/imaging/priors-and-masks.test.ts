import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodeFrame, readDataset } from '../../formats/dicom/index.ts';
import { type RunningSandbox, startSandboxEhr } from '../../server/sandbox-ehr/start.ts';
import { installModel } from '../inference/grid-fixture.ts';
import { differenceModel, scriptedManifest, thresholdMaskModel } from '../inference/onnx-models.ts';
import { until } from '../until.ts';
import { runTool, storeStatuses, storescu } from './dcmtk.ts';
import { type RunningEngine, startEngine } from './engine.ts';
import { Orthanc } from './orthanc.ts';
import { type Radiograph, radiographFile, side, squareFrom, squareTo } from './radiographs.ts';
import { errorsOf } from './results.ts';
import { withComponents } from './with-components.ts';

const channel = `
channel: imaging
source: { dicomweb: {}, dimse: {} }
key: StudyInstanceUID
steps:
  - assemble: { quietMs: 300, forcedMs: 60000 }
  - route:
      priorsFrom: \${PACS_PRIORS}
      rules: [{ when: "Modality = CR", models: [change, bright] }]
  - report: finding-to-fhir
  - report: { map: finding-to-dicom, make: \${PACS_RESULTS} }
to:
  - grid: {}
  - fhir: { name: ehr, url: "\${EHR_FHIR_URL}" }
  - pacs: {}
`;

const settings = {
  dicomweb: ({ dicomWeb, user }: Orthanc) => ({ url: dicomWeb, user, password: 'env:PACS_PASSWORD' }),
  dimse: ({ aet, port }: Orthanc) => ({ aeTitle: aet, host: '127.0.0.1', port }),
};

/** Earlier studies as archives have them: uncompressed, compressed without loss, and from before the hospital named issuers. */
const priors = {
  'as it was sent': { compress: [], issuer: 'HOSP' },
  'compressed without loss': { compress: ['dcmcjpeg', '+e1'], issuer: 'HOSP' },
  'compressed as JPEG-LS': { compress: ['dcmcjpls'], issuer: 'HOSP' },
  'without an issuer': { compress: [], issuer: undefined },
};

const newSquare = 0.9;
const earlierSquare = 0.6;

withComponents.each(['dicomweb', 'dimse'] as const)('a model that compares, with Orthanc over %s', (way) => {
  const folder = mkdtempSync(join(tmpdir(), 'bithive-compare-'));
  let pacs: Orthanc;
  let ehr: RunningSandbox;
  let engine: RunningEngine;
  beforeAll(async () => {
    const models = join(folder, 'models');
    await installModel(
      models,
      'change',
      differenceModel(),
      scriptedManifest({
        inputs: { image: ['image'], earlier: ['prior'] },
        // Without the earlier study the answer is another one: 0.9 and not 0.3.
        more: { priors: { absent: 'zeros' } },
      }),
    );
    const mask = ['Bright', 'Dark'].map((display, at) => ({ code: String(at + 1), display }));
    const masked = scriptedManifest({ inputs: { image: ['image'] }, mask });
    await installModel(models, 'bright', thresholdMaskModel(), masked);
    [pacs, ehr] = await Promise.all([Orthanc.start(), startSandboxEhr({ port: 0 })]);
    engine = await startEngine({
      channels: { 'imaging.yaml': channel },
      site: { pacs: { ...settings[way](pacs), results: ['sr', 'seg'] }, inference: { models } },
      flags: ['--ehr-fhir-url', ehr.url, '--log-level', 'warn'],
      environment: { PACS_PASSWORD: pacs.password },
    });
    await pacs.addModality('bithive', { aet: 'BITHIVE', port: engine.port('dimse') });
  });
  afterAll(async () => {
    await engine?.close();
    await Promise.all([ehr?.close(), pacs?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(Object.entries(priors))('an earlier study %s', async (name, { compress, issuer }) => {
    const at = Object.keys(priors).indexOf(name) + 1;
    const [year, patientId] = [2020 + at, `CMP-${at}`];
    const earlier = {
      patientId,
      studyInstanceUid: `2.25.${at}01`,
      sopInstanceUid: `2.25.${at}02`,
      studyDate: `${year}0101`,
      square: earlierSquare,
      ...(issuer === undefined ? {} : { issuer }),
    };
    const now = {
      patientId,
      studyInstanceUid: `2.25.${at}11`,
      sopInstanceUid: `2.25.${at}12`,
      studyDate: `${year}0601`,
      square: newSquare,
      issuer: 'HOSP',
    };
    await pacs.store(await packed(earlier, compress));
    expect(storeStatuses(await sent(now))).toEqual(['Success']);

    const compared = `Compared with the study of ${year}-01-01 (${earlier.studyInstanceUid}).`;
    const report = await until(async () =>
      (await resources('DiagnosticReport')).find(({ conclusion }) =>
        String(conclusion).includes(earlier.studyInstanceUid),
      ),
    );
    expect(report.conclusion).toContain(compared);
    expect(report.conclusion).toMatch(/probability 0\.(29|30)/);

    const { studyInstanceUid: StudyInstanceUID } = now;
    const objects = await until(async () => {
      const found = await pacs.find('Instance', { StudyInstanceUID });
      return found.length === 3 ? found : undefined;
    });
    for (const object of objects) expect(await errorsOf(pacs, object)).toEqual([]);
    const reports = await pacs.find('Instance', { StudyInstanceUID, Modality: 'SR' });
    const texts = await Promise.all(reports.map(textOf));
    expect(texts.map((text) => text.includes(compared)).sort()).toEqual([false, true]);
    const [segmentation, ...others] = await pacs.find('Instance', { StudyInstanceUID, Modality: 'SEG' });
    expect(others).toEqual([]);
    await expectSquare(await pacs.file(segmentation as string), now);
  });

  test('an earlier study of another patient under the same number is not used', async () => {
    const patient = { patientId: 'CMP-9', square: earlierSquare };
    const other = { studyInstanceUid: '2.25.901', sopInstanceUid: '2.25.902', studyDate: '20290101' };
    await pacs.store(radiographFile({ ...patient, ...other, issuer: 'ELSEWHERE' }));
    const now = { studyInstanceUid: '2.25.911', sopInstanceUid: '2.25.912', studyDate: '20290601' };
    await sent({ ...patient, ...now, square: newSquare, issuer: 'HOSP' });
    const report = await until(async () =>
      (await resources('DiagnosticReport')).find(({ conclusion }) =>
        String(conclusion).includes('Compared with no earlier study'),
      ),
    );
    expect(report.conclusion).toMatch(/probability 0\.9/);
  });

  async function packed(image: Radiograph, [program, ...words]: readonly string[]): Promise<Uint8Array> {
    const bytes = radiographFile(image);
    if (program === undefined) return bytes;
    const [plain, compressed] = [join(folder, 'plain.dcm'), join(folder, 'compressed.dcm')];
    writeFileSync(plain, bytes);
    expect(await runTool(program, [...words, plain, compressed])).toMatchObject({ code: 0 });
    return readFileSync(compressed);
  }

  function sent(image: Radiograph) {
    const file = join(folder, 'now.dcm');
    writeFileSync(file, radiographFile(image));
    return storescu({ aet: 'BITHIVE', port: engine.port('dimse') }, [file]);
  }

  async function resources(type: string): Promise<readonly Record<string, unknown>[]> {
    const answer = await fetch(`${ehr.url}/${type}?_count=100`);
    const { entry = [] } = (await answer.json()) as { entry?: { resource: Record<string, unknown> }[] };
    return entry.map(({ resource }) => resource);
  }

  /** As dcmtk prints a report. */
  async function textOf(instance: string): Promise<string> {
    const file = join(folder, `${instance}.dcm`);
    writeFileSync(file, await pacs.file(instance));
    return (await runTool('dsrdump', ['+Pl', file])).text;
  }
});

/** The mask of what is bright is the square, on the pixels of the image that was sent. */
async function expectSquare(bytes: Uint8Array, image: Radiograph): Promise<void> {
  const dataset = readDataset(bytes);
  expect([dataset.number(0x00280010), dataset.number(0x00280011)]).toEqual([side, side]);
  expect(dataset.sequence(0x00620002).map((segment) => segment.text(0x00620005))).toEqual(['Bright']);
  const [referenced] = dataset.sequence(0x00081115);
  expect(referenced?.sequence(0x0008114a)[0]?.text(0x00081155)).toBe(image.sopInstanceUid);
  const frame = await decodeFrame(dataset, 0);
  const isSet = (at: number) => (((frame.pixels[at >> 3] ?? 0) >> (at & 7)) & 1) === 1;
  const set = Array.from({ length: side * side }, (_, at) => at).filter(isSet);
  const rows = set.map((at) => Math.floor(at / side));
  // The model looks at 64 x 64: an edge may be one of its pixels off.
  expect(Math.abs(Math.min(...rows) - squareFrom)).toBeLessThanOrEqual(2);
  expect(Math.abs(Math.max(...rows) + 1 - squareTo)).toBeLessThanOrEqual(2);
}
