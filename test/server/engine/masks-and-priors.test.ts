import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { instanceArrival } from '../../../connectors/dicom-objects/instance-arrival.ts';
import { noticeArrival } from '../../../connectors/dicom-objects/notice-arrival.ts';
import { dicomResultContentType } from '../../../core/dicom-object.ts';
import type { BlobHash } from '../../../core/ids.ts';
import { inferenceJobContentType } from '../../../core/inference.ts';
import type { Destination } from '../../../core/ports/index.ts';
import { silentLogger, silentMetrics } from '../../../core/ports/index.ts';
import type { StudyInstance } from '../../../core/study.ts';
import type { StudyNotice } from '../../../core/study-query.ts';
import { studyQueryContentType } from '../../../core/study-query.ts';
import { parseStudyQuery } from '../../../core/study-query-schema.ts';
import { instanceFacts, readDataset } from '../../../formats/dicom/index.ts';
import { createGrid, loadModels } from '../../../inference/index.ts';
import { reportFinding } from '../../../pipelines/steps/report-finding.ts';
import { routeStudy } from '../../../pipelines/steps/route-study.ts';
import { systemClock } from '../../../platform/clock.ts';
import { installModel, neverStopped, storeInstance, temporaryBlobs } from '../../inference/grid-fixture.ts';
import { newInImageModel, scriptedManifest, thresholdMaskModel } from '../../inference/onnx-models.ts';
import { radiograph } from '../../inference/radiograph.ts';
import { site } from '../../mappings/site.ts';
import {
  ScriptedReceiver,
  startTestEngine,
  type TestDoor,
  type TestEngine,
} from '../../pipelines/runtime/test-channel.ts';
import { until } from '../../until.ts';

const channel = `
channel: imaging
source: { dicomweb: {} }
key: StudyInstanceUID
steps:
  - assemble: { quietMs: 200, forcedMs: 60000 }
  - route:
      priorsFrom: archive
      rules: [{ rule: every radiograph, when: "Modality = CR", models: [threshold, new] }]
  - report: { map: finding-to-dicom, make: [seg, sr] }
  - report: { map: finding-to-fhir, orderDays: 0 }
to:
  - test: { name: grid, target: "test:grid", takes: "*" }
  - test: { name: archive, target: "test:archive", takes: "*" }
`;
const segmentation = '1.2.840.10008.5.1.4.1.1.66.4';

let engine: TestEngine | undefined;
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await engine?.stop();
  await engine?.destroy();
  for (const close of closers.splice(0)) await close();
});

const rows = 96;
const square = (row: number, column: number) => row >= 30 && row < 48 && column >= 40 && column < 58;
const image = (uid: string, isBright: boolean) =>
  radiograph({
    rows,
    columns: rows,
    sopInstanceUid: uid,
    grey: (row, column) => (isBright && square(row, column) ? 0.9 : 0.3),
  });

/** Models written here: a mask of what is bright, and of what is brighter than in the earlier image. */
async function openGrid(blobs: Parameters<typeof createGrid>[0]['blobs']): Promise<Destination> {
  const folder = await mkdtemp(join(tmpdir(), 'bithive-models-'));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  const mask = [
    { code: '1', display: 'Bright' },
    { code: '2', display: 'Dark' },
  ];
  await installModel(
    folder,
    'threshold',
    thresholdMaskModel(),
    scriptedManifest({ inputs: { image: ['image'] }, mask }),
  );
  const pair = {
    inputs: { pair: ['image', 'prior'] },
    mask: [{ code: '3', display: 'New' }],
    more: { priors: {} },
  };
  await installModel(folder, 'new', newInImageModel(), scriptedManifest(pair));
  const common = { clock: systemClock, logger: silentLogger, metrics: silentMetrics, workers: 1 };
  const grid = createGrid({ ...common, blobs, models: await loadModels([folder]) });
  closers.push(() => grid.close());
  return grid;
}

test('images become masks, and what is new since an earlier study; the archive gets both as segmentations', async () => {
  const { blobs, remove } = await temporaryBlobs();
  closers.push(remove);
  const grid = await openGrid(blobs);
  const earlier: StudyInstance = await storeInstance(blobs, image('2.25.100', false), {
    studyInstanceUid: '2.25.99',
  });
  const receivers = new Map([
    ['test:grid', new ScriptedReceiver()],
    ['test:archive', new ScriptedReceiver()],
  ]);
  const archive = receivers.get('test:archive') as ScriptedReceiver;
  (receivers.get('test:grid') as ScriptedReceiver).answer = (_text, delivery) =>
    delivery.contentType === inferenceJobContentType
      ? grid.send(delivery, neverStopped)
      : { kind: 'delivered' };
  archive.answer = async (_text, { contentType, body }) => {
    if (contentType !== studyQueryContentType || body.kind !== 'inline') return { kind: 'delivered' };
    const { studyInstanceUid } = parseStudyQuery(body.bytes);
    const studies = [{ studyInstanceUid: '2.25.99', studyDate: '20250101', instances: [earlier] }];
    const notice: StudyNotice = { notice: 'priors', studyInstanceUid, studies };
    return { kind: 'delivered', answer: await noticeArrival(notice, { sender: 'archive', blobs }) };
  };
  const needs = { count: 1, modalities: ['CR'], sameBodyPart: true };
  engine = await startTestEngine([channel], {
    receivers,
    blobs,
    steps: [routeStudy((model) => (model === 'new' ? needs : undefined)), reportFinding(site)],
  });
  const bytes = image('2.25.11', true);
  const facts = { ...instanceFacts(readDataset(bytes)), patientId: '1001' };
  const stored = await blobs.put(one(bytes), bytes.length);
  await (engine.doors.get('imaging') as TestDoor).accept(instanceArrival(facts, stored, 'PACS'));

  const made = await until(() => {
    const results = archive.sent.filter(({ delivery }) => delivery.contentType === dicomResultContentType);
    return results.length === 4 ? results : undefined;
  });
  const objects = await Promise.all(
    made.map(async ({ delivery: { facts: told, body } }) => ({
      model: told?.model,
      dataset: readDataset(body.kind === 'inline' ? body.bytes : await blobs.read(body.hash as BlobHash)),
    })),
  );
  const segments = objects.filter(({ dataset }) => dataset.text(0x00080016) === segmentation);
  expect(segments.map(({ model }) => model).sort()).toEqual(['new', 'threshold']);
  for (const { dataset } of segments) {
    expect(dataset.text(0x0020000d)).toBe(facts.studyInstanceUid);
    expect([dataset.number(0x00280010), dataset.number(0x00280011)]).toEqual([rows, rows]);
    const [segment] = dataset.sequence(0x00620002);
    expect(['Bright', 'New']).toContain(segment?.text(0x00620005));
  }
  const findings = await engine.store.searchMessages({ kind: 'finding', limit: 9 });
  const compared = findings.find(({ type }) => type === 'new');
  const { body } = compared ?? {};
  const finding = JSON.parse(new TextDecoder().decode(body?.kind === 'inline' ? body.bytes : undefined));
  expect(finding).toMatchObject({
    status: 'completed',
    positive: true,
    priors: { used: [{ studyInstanceUid: '2.25.99', studyDate: '20250101', sopInstanceUid: '2.25.100' }] },
  });
  // The earlier image is a fact of the study: no sweep takes its body.
  const named: string[] = [];
  for await (const hash of engine.store.blobsInUse()) named.push(hash);
  expect(named).toContain(earlier.blob);
}, 60_000);

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
