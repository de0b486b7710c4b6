import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CompletedFinding, Finding, FindingMask, InferenceJob } from '../../core/inference.ts';
import type { StudyInstance } from '../../core/study.ts';
import { loadModels } from '../../inference/index.ts';
import {
  deliveryOf,
  findingOf,
  installModel,
  neverStopped,
  openTestGrid,
  storeInstance,
  studyOf,
  type TestGrid,
} from './grid-fixture.ts';
import { differenceModel, newInImageModel, scriptedManifest, thresholdMaskModel } from './onnx-models.ts';
import { radiograph } from './radiograph.ts';

let folder: string;
let grid: TestGrid;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bithive-masks-'));
  const labels = [
    { code: '1', display: 'Bright' },
    { code: '2', display: 'Dark' },
  ];
  const threshold = { inputs: { image: ['image'] }, mask: labels };
  await installModel(folder, 'threshold', thresholdMaskModel(), scriptedManifest(threshold));
  await installModel(
    folder,
    'threshold-each',
    thresholdMaskModel(),
    scriptedManifest({ ...threshold, more: { images: 'each' } }),
  );
  const pair = { image: ['image'], earlier: ['prior'] };
  await installModel(
    folder,
    'difference',
    differenceModel(),
    scriptedManifest({ inputs: pair, more: { priors: {} } }),
  );
  await installModel(
    folder,
    'difference-or-same',
    differenceModel(),
    scriptedManifest({ inputs: pair, more: { priors: { absent: 'same' } } }),
  );
  await installModel(
    folder,
    'new',
    newInImageModel(),
    scriptedManifest({
      inputs: { pair: ['image', 'prior'] },
      mask: [{ code: '3', display: 'New' }],
      more: { priors: {}, threshold: 0.4 },
    }),
  );
  grid = await openTestGrid({ models: await loadModels([folder]) });
});
afterAll(async () => {
  await grid?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A grey field with a bright and, where asked for, a dark square; the places are of the image as sent. */
const rows = 96;
const columns = 160;
const isIn = (row: number, column: number, [top, left, side]: readonly [number, number, number]) =>
  row >= top && row < top + side && column >= left && column < left + side;
const bright = [30, 70, 18] as const;
const dark = [60, 48, 12] as const;

const field = (squares: readonly (readonly [readonly [number, number, number], number])[], uid: string) =>
  storeInstance(
    grid.blobs,
    radiograph({
      rows,
      columns,
      sopInstanceUid: uid,
      grey: (row, column) => squares.find(([place]) => isIn(row, column, place))?.[1] ?? 0.4,
    }),
  );

async function run(
  model: string,
  images: readonly StudyInstance[],
  more: Partial<InferenceJob> = {},
): Promise<Finding> {
  const job = { study: studyOf(images), model, urgency: 'routine', ...more };
  return findingOf(await grid.grid.send(deliveryOf(job), neverStopped));
}

function pixelsOf({ bits, isDeflated }: FindingMask): (row: number, column: number) => boolean {
  const raw = Buffer.from(bits, 'base64');
  const packed = isDeflated ? inflateRawSync(raw) : raw;
  expect(packed.length).toBe((rows * columns) / 8);
  return (row, column) => {
    const pixel = row * columns + column;
    return ((packed[pixel >> 3] ?? 0) & (1 << (pixel & 7))) !== 0;
  };
}

/** Counts the pixels on which a mask and a square differ. */
function differing(mask: FindingMask, place: readonly [number, number, number]): number {
  const covers = pixelsOf(mask);
  let count = 0;
  for (let row = 0; row < rows; row += 1)
    for (let column = 0; column < columns; column += 1)
      if (covers(row, column) !== isIn(row, column, place)) count += 1;
  return count;
}

test('a mask comes back on the pixels of the image that was sent, whatever the model was shown of it', async () => {
  const image = await field(
    [
      [bright, 1],
      [dark, 0],
    ],
    '2.25.11',
  );
  const finding = (await run('threshold', [image])) as CompletedFinding;
  expect(finding).toMatchObject({ status: 'completed', sopInstanceUid: '2.25.11', positive: true });
  expect(finding.masks?.map(({ label }) => label.display)).toEqual(['Bright', 'Dark']);
  const [brightMask, darkMask] = finding.masks as [FindingMask, FindingMask];
  expect(brightMask).toMatchObject({ rows, columns, sopInstanceUid: '2.25.11' });
  // The model sees 96 rows in 64: a border is off by at most a pixel and a half.
  expect(differing(brightMask, bright)).toBeLessThanOrEqual(4 * 18 * 1.5);
  expect(differing(darkMask, dark)).toBeLessThanOrEqual(4 * 12 * 1.5);
});

test('a label that covers nothing has no mask, and the finding is negative', async () => {
  const finding = (await run('threshold', [await field([], '2.25.12')])) as CompletedFinding;
  expect(finding).toMatchObject({ status: 'completed', positive: false, masks: [] });
});

test('a model of each image gives one finding with the masks of all', async () => {
  const images = [
    await field([[bright, 1]], '2.25.13'),
    await field([], '2.25.14'),
    await field([[dark, 0]], '2.25.15'),
  ];
  const finding = (await run('threshold-each', images)) as CompletedFinding;
  expect(finding.masks?.map(({ sopInstanceUid, label }) => `${sopInstanceUid} ${label.display}`)).toEqual([
    '2.25.13 Bright',
    '2.25.15 Dark',
  ]);
});

describe('a model that compares with an earlier image', () => {
  const prior = (instance: StudyInstance, studyDate: string) => ({
    studyInstanceUid: `2.25.9${studyDate}`,
    studyDate,
    instances: [{ ...instance, studyDate }],
  });

  test('is shown the newest one, and the finding names it', async () => {
    const image = await field([[bright, 0.9]], '2.25.21');
    const same = await field([[bright, 0.9]], '2.25.22');
    const empty = await field([], '2.25.23');
    const priors = [prior(empty, '20240101'), prior(same, '20250101')];
    const unchanged = (await run('difference', [image], { priors })) as CompletedFinding;
    expect(unchanged.probability).toBeLessThan(0.01);
    expect(unchanged.priors).toEqual({
      used: [{ studyInstanceUid: '2.25.920250101', studyDate: '20250101', sopInstanceUid: '2.25.22' }],
    });
    const changed = (await run('difference', [image], {
      priors: [prior(empty, '20240101')],
    })) as CompletedFinding;
    expect(changed.probability).toBeCloseTo(0.5, 1);
  });

  test('masks what is new, from two channels of one input', async () => {
    const image = await field(
      [
        [bright, 0.9],
        [dark, 0.9],
      ],
      '2.25.24',
    );
    const earlier = await field([[dark, 0.9]], '2.25.25');
    const finding = (await run('new', [image], { priors: [prior(earlier, '20250101')] })) as CompletedFinding;
    expect(finding.masks).toHaveLength(1);
    expect(differing(finding.masks?.[0] as FindingMask, bright)).toBeLessThanOrEqual(4 * 18 * 1.5);
  });

  test('refuses without one, or runs, as its manifest says; the finding says why there was none', async () => {
    const image = await field([[bright, 0.9]], '2.25.26');
    const priorsMissing = 'the archive did not answer within 60 s';
    expect(await run('difference', [image], { priorsMissing })).toMatchObject({
      status: 'refused',
      code: 'BH_MODEL_PRIOR',
      priors: { used: [], missing: priorsMissing },
    });
    expect(await run('difference-or-same', [image], { priorsMissing })).toMatchObject({
      status: 'completed',
      probability: 0,
      priors: { used: [], missing: priorsMissing },
    });
  });

  test('takes an earlier image that cannot be read for none', async () => {
    const image = await field([[bright, 0.9]], '2.25.27');
    const cut = await storeInstance(
      grid.blobs,
      radiograph({ rows, columns, grey: () => 0.4, sopInstanceUid: '2.25.28', keepShare: 0.5 }),
    );
    expect(await run('difference-or-same', [image], { priors: [prior(cut, '20250101')] })).toMatchObject({
      status: 'completed',
      priors: { used: [], missing: expect.stringMatching(/pixel/i) },
    });
  });
});
