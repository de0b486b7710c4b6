import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type BlobHash, parseBlobHash } from '../../core/ids.ts';
import { type CompletedFinding, findingContentType, type InferenceJob } from '../../core/inference.ts';
import { limits } from '../../core/limits.ts';
import {
  type Blobs,
  type Destination,
  type MetricDefinition,
  type Metrics,
  silentLogger,
  silentMetrics,
} from '../../core/ports/index.ts';
import type { StudyInstance } from '../../core/study.ts';
import { bundledModelsFolder, createGrid, loadModels, type ModelRegistry } from '../../inference/index.ts';
import { systemClock } from '../../platform/clock.ts';
import { deliveryOf, findingOf, jobOf, storeInstance, studyOf, temporaryBlobs } from './grid-fixture.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const scripted = fileURLToPath(new URL('./workers/scripted-worker.mjs', import.meta.url));
const never = new AbortController().signal;

let blobs: Blobs;
let removeBlobs: () => Promise<void>;
let models: ModelRegistry;
let grid: Destination;
let chest: StudyInstance;
const open = (more: object = {}) =>
  createGrid({
    models,
    blobs,
    clock: systemClock,
    logger: silentLogger,
    metrics: silentMetrics,
    workers: 1,
    ...more,
  });
beforeAll(async () => {
  ({ blobs, remove: removeBlobs } = await temporaryBlobs());
  models = await loadModels([bundledModelsFolder()]);
  grid = open();
  chest = await storeInstance(blobs, await readFile(`${root}/data/demo/cxr/demo-cxr-6.dcm`));
});
afterAll(async () => {
  await grid?.close();
  await removeBlobs();
});

const send = (job: unknown) => grid.send(deliveryOf(job), never);

test('the answer is a message of kind finding that can be found by its clinical names', async () => {
  const job: InferenceJob = {
    ...jobOf(studyOf([chest])),
    order: {
      accessionNumber: 'DEMO-A006',
      patientId: 'DEMO1006',
      urgency: 'stat',
      messageId: 7,
      identifiers: [{ system: 'urn:x', value: '1' }],
    },
  };
  const outcome = await send(job);
  const finding = findingOf(outcome) as CompletedFinding;
  expect(finding).toMatchObject({
    status: 'completed',
    study: job.study,
    order: job.order,
    sopInstanceUid: chest.sopInstanceUid,
    positive: true,
    target: { code: '233604007' },
    model: { name: 'cxr-pneumonia-28', sha256: models.get('cxr-pneumonia-28').manifest.sha256 },
  });
  expect(finding.durationMs).toBeGreaterThan(0);
  expect(outcome).toMatchObject({
    kind: 'delivered',
    answer: {
      kind: 'finding',
      type: 'cxr-pneumonia-28',
      sender: 'grid',
      contentType: findingContentType,
      searchKeys: [
        ['study-uid', chest.studyInstanceUid],
        ['sop-uid', chest.sopInstanceUid],
        ['accession', 'DEMO-A006'],
        ['mrn', 'DEMO1006'],
      ],
    },
  });
});

test('a second run of one job is a duplicate; another version of the study is not', async () => {
  const dedupe = async (version: number) => {
    const outcome = await send(jobOf(studyOf([chest], version)));
    return outcome.kind === 'delivered' ? outcome.answer?.dedupe : undefined;
  };
  const first = await dedupe(1);
  expect(first).toBeDefined();
  expect(await dedupe(1)).toEqual(first);
  expect((await dedupe(2))?.key).not.toBe(first?.key);
});

test('the same image is chosen whatever the order of arrival', async () => {
  const as = (facts: Partial<StudyInstance>): StudyInstance => ({ ...chest, ...facts });
  const lateral = as({ sopInstanceUid: '1.1', viewPosition: 'LL', seriesNumber: 1, instanceNumber: 1 });
  const unknown = as({ sopInstanceUid: '1.2', viewPosition: 'XX', seriesNumber: 1, instanceNumber: 1 });
  const antero = as({ sopInstanceUid: '1.3', viewPosition: 'AP', seriesNumber: 1, instanceNumber: 1 });
  const second = as({ sopInstanceUid: '1.4', viewPosition: 'PA', seriesNumber: 1, instanceNumber: 3 });
  const postero = as({ sopInstanceUid: '1.5', viewPosition: 'PA', seriesNumber: 1, instanceNumber: 2 });
  const { instanceNumber: _, ...unnumbered } = postero;
  const numberless = { ...unnumbered, sopInstanceUid: '1.0' };
  const all = [lateral, unknown, antero, second, postero, numberless];
  for (const instances of [all, all.toReversed()])
    expect(findingOf(await send(jobOf(studyOf(instances)))).sopInstanceUid).toBe('1.5');
  const frontless = findingOf(await send(jobOf(studyOf([lateral]))));
  expect(frontless).toMatchObject({ status: 'refused', code: 'BH_MODEL_INPUT' });
  expect(frontless.sopInstanceUid).toBeUndefined();
});

test('an image that is refused makes room for the next one of the study', async () => {
  const bytes = await readFile(`${root}/data/demo/cxr/demo-cxr-1.dcm`);
  const cut = bytes.subarray(0, bytes.length - 1000);
  const stored = await blobs.put(
    (async function* () {
      yield cut;
    })(),
    cut.length,
  );
  const truncated = { ...chest, sopInstanceUid: '1.1', viewPosition: 'PA', blob: stored.hash };
  const finding = findingOf(await send(jobOf(studyOf([truncated, chest]))));
  expect(finding).toMatchObject({ status: 'completed', sopInstanceUid: chest.sopInstanceUid });
  const alone = findingOf(await send(jobOf(studyOf([truncated]))));
  expect(alone).toMatchObject({ status: 'refused', code: expect.stringMatching(/^BH_DICOM_/) });
});

test('a model that there is not ends the delivery as dead', async () => {
  const outcome = await send(jobOf(studyOf([chest]), 'no-such-model'));
  expect(outcome).toMatchObject({ kind: 'dead', error: { code: 'BH_MODEL_UNKNOWN' } });
  expect(() => open({ model: 'no-such-model' })).toThrow(
    expect.objectContaining({ code: 'BH_MODEL_UNKNOWN' }),
  );
});

test('a destination for one model runs no other and says so in its target', async () => {
  const single = open({ model: 'cxr-pneumonia-28', prefetchJobs: 3 });
  expect([grid.target, single.target, single.kind, single.concurrency]).toEqual([
    'grid:*',
    'grid:cxr-pneumonia-28',
    'grid',
    4,
  ]);
  const other = await single.send(deliveryOf(jobOf(studyOf([chest]), 'other')), never);
  expect(other).toMatchObject({ kind: 'dead', error: { code: 'BH_MODEL_UNKNOWN' } });
  await single.close();
});

test.each<[string, unknown]>([
  ['no job at all', 'hello'],
  ['no study', { model: 'cxr-pneumonia-28', urgency: 'routine' }],
  ['an unknown urgency', { model: 'm', urgency: 'soon', study: {} }],
])('a body with %s ends the delivery as dead', async (_, job) => {
  await expect(send(job)).resolves.toMatchObject({ kind: 'dead', error: { code: 'BH_DELIVERY_REFUSED' } });
});

test('a path in the place of a blob hash is refused', async () => {
  const job = jobOf(studyOf([{ ...chest, blob: '../../etc/passwd' as BlobHash }]));
  await expect(send(job)).resolves.toMatchObject({ kind: 'dead', error: { code: 'BH_DELIVERY_REFUSED' } });
});

test('a blob that is gone, and one that rotted, end the delivery as dead', async () => {
  const absent = parseBlobHash('0'.repeat(64))!;
  await expect(send(jobOf(studyOf([{ ...chest, blob: absent }])))).resolves.toMatchObject({
    kind: 'dead',
    error: { code: 'BH_STORE_NOT_FOUND' },
  });
  const rotten = await storeInstance(blobs, await readFile(`${root}/data/demo/cxr/demo-cxr-2.dcm`));
  const path = blobs.pathOf(rotten.blob)!;
  const bytes = await readFile(path);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(path, bytes);
  await expect(send(jobOf(studyOf([rotten])))).resolves.toMatchObject({
    kind: 'dead',
    error: { code: 'BH_BLOB_CORRUPT' },
  });
});

test('blobs that are no files come to the same finding', async () => {
  const fileless = open({ blobs: { pathOf: () => null, read: (hash: BlobHash) => blobs.read(hash) } });
  const finding = findingOf(await fileless.send(deliveryOf(jobOf(studyOf([chest]))), never));
  expect(finding.status).toBe('completed');
  await fileless.close();
});

test('a job and a finding that are too large for a row travel as blobs', async () => {
  const many = Array.from({ length: 900 }, (_, at) => ({ ...chest, instanceNumber: at, viewPosition: 'LL' }));
  const job = Buffer.from(JSON.stringify(jobOf(studyOf([...many, chest]))));
  expect(job.length).toBeGreaterThan(limits.inlineBodyBytesMax);
  const stored = await blobs.put(
    (async function* () {
      yield job;
    })(),
    job.length,
  );
  const outcome = await grid.send(deliveryOf({}, { body: { kind: 'blob', ...stored } }), never);
  expect(outcome).toMatchObject({ kind: 'delivered', answer: { body: { kind: 'blob' } } });
});

test('an aborted attempt is one to repeat', async () => {
  const stopped = AbortSignal.abort();
  const outcome = await grid.send(deliveryOf(jobOf(studyOf([chest]))), stopped);
  expect(outcome).toMatchObject({ kind: 'retry', error: { code: 'BH_STOPPING' } });
});

test('a job that loses a worker is repeated once, and refused with the reason the second time', async () => {
  const deadly = open({ entryPath: scripted, blobs: { pathOf: () => 'die' } });
  const job = jobOf(studyOf([chest]));
  const first = await deadly.send(deliveryOf(job), never);
  expect(first).toMatchObject({ kind: 'retry', error: { code: 'BH_MODEL_WORKER' } });
  if (first.kind !== 'retry') return;
  const again = await deadly.send(deliveryOf(job, { attempts: 2, lastError: first.error }), never);
  expect(findingOf(again)).toMatchObject({ status: 'refused', code: 'BH_MODEL_WORKER' });
  await deadly.close();
});

test('a job that took the whole engine down time and again is refused, not run', async () => {
  const attempts = limits.inferenceLostAttemptsMax + 1;
  const finding = findingOf(await grid.send(deliveryOf(jobOf(studyOf([chest])), { attempts }), never));
  expect(finding).toMatchObject({ status: 'refused', code: 'BH_MODEL_WORKER' });
  const before = findingOf(
    await grid.send(deliveryOf(jobOf(studyOf([chest])), { attempts: attempts - 1 }), never),
  );
  expect(before.status).toBe('completed');
});

test('each run is measured by model and outcome', async () => {
  const seen: string[] = [];
  const metrics: Metrics = {
    ...silentMetrics,
    histogram: ({ name }: MetricDefinition) => ({
      observe: (value, labels) => void seen.push(`${name} ${labels?.model} ${labels?.outcome} ${value > 0}`),
    }),
  };
  const measured = open({ metrics });
  await measured.send(deliveryOf(jobOf(studyOf([chest]))), never);
  await measured.close();
  expect(seen).toEqual(['bithive_inference_duration_seconds cxr-pneumonia-28 completed true']);
});

test('the hash of a stored object is the hash of its file', async () => {
  const bytes = await readFile(blobs.pathOf(chest.blob)!);
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(chest.blob);
});
