import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Blobs, type Destination, silentLogger, silentMetrics } from '../../core/ports/index.ts';
import type { StudyInstance } from '../../core/study.ts';
import { bundledModelsFolder, createGrid, loadModels, type ModelRegistry } from '../../inference/index.ts';
import { systemClock } from '../../platform/clock.ts';
import { ManualClock } from '../manual-clock.ts';
import {
  deliveryOf,
  findingOf,
  installModel,
  jobOf,
  storeInstance,
  studyOf,
  temporaryBlobs,
} from './grid-fixture.ts';
import { convolutionModel, infinityModel, meanModel, nanModel, outOfRangeModel } from './onnx-models.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const never = new AbortController().signal;

let blobs: Blobs;
let removeBlobs: () => Promise<void>;
let models: string;
let instance: StudyInstance;
let registry: ModelRegistry;
let grid: Destination;
beforeAll(async () => {
  ({ blobs, remove: removeBlobs } = await temporaryBlobs());
  models = await mkdtemp(join(tmpdir(), 'bithive-models-'));
  const manifestPath = join(bundledModelsFolder(), 'cxr-pneumonia-28', 'manifest.json');
  const manifest = JSON.parse(await readFile(manifestPath, 'utf8')) as object;
  await installModel(models, 'mean', meanModel(), manifest);
  await installModel(models, 'nan', nanModel(), manifest);
  await installModel(models, 'infinity', infinityModel(), manifest);
  await installModel(models, 'out-of-range', outOfRangeModel(), manifest);
  await installModel(models, 'garbage', Buffer.from('not a model at all'), manifest);
  await installModel(models, 'changed-later', meanModel(), manifest);
  await installModel(models, 'endless', convolutionModel(60, 256), manifest);
  registry = await loadModels([models]);
  await writeFile(join(models, 'changed-later', 'model.onnx'), nanModel());
  instance = await storeInstance(blobs, await readFile(`${root}/data/demo/cxr/demo-cxr-1.dcm`));
  grid = createGrid({
    models: registry,
    blobs,
    clock: systemClock,
    logger: silentLogger,
    metrics: silentMetrics,
    workers: 1,
  });
});
afterAll(async () => {
  await grid?.close();
  await removeBlobs();
  await rm(models, { recursive: true, force: true });
});

const send = (model: string) => grid.send(deliveryOf(jobOf(studyOf([instance]), model)), never);

test('a finite number within the range is the probability', async () => {
  const finding = findingOf(await send('mean'));
  expect(finding).toMatchObject({ status: 'completed', positive: true });
});

test.each(['nan', 'infinity', 'out-of-range'])(
  'an answer that is %s is refused, not reported',
  async (model) => {
    const finding = findingOf(await send(model));
    expect(finding).toMatchObject({ status: 'refused', code: 'BH_MODEL_OUTPUT' });
    expect(finding).not.toHaveProperty('probability');
  },
);

test.each(['garbage', 'changed-later'])(
  'a model file that is %s ends the delivery as dead',
  async (model) => {
    await expect(send(model)).resolves.toMatchObject({ kind: 'dead', error: { code: 'BH_MODEL_INVALID' } });
  },
);

test('the worker still works after all of them', async () => {
  expect(findingOf(await send('mean')).status).toBe('completed');
});

// The thread is inside onnxruntime when its time is over and can't be interrupted there; the pool must go on without it.
test('a worker that is lost in native code is replaced while it is still busy', async () => {
  const clock = new ManualClock();
  const slow = createGrid({
    models: registry,
    blobs,
    clock,
    logger: silentLogger,
    metrics: silentMetrics,
    workers: 1,
    runMs: 1_000,
  });
  const hung = slow.send(deliveryOf(jobOf(studyOf([instance]), 'endless')), never);
  while (clock.timersCount === 0) await new Promise((resolve) => setImmediate(resolve));
  clock.advance(1_000);
  await expect(hung).resolves.toMatchObject({ kind: 'retry', error: { code: 'BH_MODEL_WORKER' } });
  const next = await slow.send(deliveryOf(jobOf(studyOf([instance]), 'mean')), never);
  expect(findingOf(next).status).toBe('completed');
  await slow.close();
});
