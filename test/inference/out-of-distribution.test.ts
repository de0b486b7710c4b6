import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodeFrame, grayscale, readDataset } from '../../formats/dicom/index.ts';
import { openTestGrid, type TestGrid } from './grid-fixture.ts';
import { type RadiographSpec, radiograph } from './radiograph.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const shared = `${root}/../shared/data/dicom`;
const hasShared = existsSync(shared);

let grid: TestGrid;
beforeAll(async () => {
  grid = await openTestGrid();
});
afterAll(() => grid?.close());

const find = (object: Uint8Array) => grid.find(object);

/** The grey levels of an object as they are displayed, so that they can be sent as something that they are not. */
async function display(path: string): Promise<RadiographSpec> {
  const dataset = readDataset(await readFile(path));
  const frame = await decodeFrame(dataset, 0);
  const values = grayscale(dataset, frame);
  const { rows, columns } = frame;
  return { rows, columns, grey: (row, column) => values[row * columns + column]! };
}

const size = { rows: 560, columns: 560 };
const demo = (nth: number) => display(`${root}/data/demo/cxr/demo-cxr-${nth}.dcm`);

/** White noise that is the same in every run. */
function noise(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const next = noise();
const coarse = Array.from({ length: 28 * 28 }, noise());
const madeUp: [string, RadiographSpec][] = [
  ['black', { ...size, grey: () => 0 }],
  ['grey', { ...size, grey: () => 0.5 }],
  ['white', { ...size, grey: () => 1 }],
  ['fine noise', { ...size, grey: () => next() }],
  [
    'coarse noise',
    { ...size, grey: (row, column) => coarse[Math.floor(row / 20) * 28 + Math.floor(column / 20)]! },
  ],
  ['a gradient downwards', { ...size, grey: (row) => row / 560 }],
  ['a gradient sideways', { ...size, grey: (_, column) => column / 560 }],
  ['a disc', { ...size, grey: (row, column) => (Math.hypot(row - 280, column - 280) < 200 ? 0.8 : 0) }],
  ['a checker board', { ...size, grey: (row, column) => ((row >> 5) + (column >> 5)) & 1 }],
];

test.each(madeUp)('%s sent as a chest radiograph is refused', async (_, spec) => {
  expect(await find(radiograph(spec))).toMatchObject({
    status: 'refused',
    code: 'BH_MODEL_OUT_OF_DISTRIBUTION',
    sopInstanceUid: '2.25.1',
  });
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  'demo radiograph %i is taken as it is and refused when its grey is inverted',
  async (nth) => {
    const spec = await demo(nth);
    const { grey } = spec;
    const inverted = radiograph({ ...spec, grey: (row, column) => 1 - grey(row, column) });
    expect(await find(radiograph(spec))).toMatchObject({ status: 'completed' });
    expect(await find(inverted)).toMatchObject({ status: 'refused', code: 'BH_MODEL_OUT_OF_DISTRIBUTION' });
  },
);

test('MONOCHROME1 with inverted values is the same image', async () => {
  const spec = await demo(6);
  const { grey } = spec;
  const plain = await find(radiograph(spec));
  const inverse = radiograph({
    ...spec,
    photometric: 'MONOCHROME1',
    grey: (row, column) => 1 - grey(row, column),
  });
  const inverted = await find(inverse);
  if (plain.status !== 'completed' || inverted.status !== 'completed') throw new Error('refused');
  expect(inverted.probability).toBeCloseTo(plain.probability, 3);
});

test('an image much wider than high is refused', async () => {
  const { grey } = await demo(1);
  const wide = radiograph({ rows: 300, columns: 560, grey: (row, column) => grey(row + 100, column) });
  expect(await find(wide)).toMatchObject({
    status: 'refused',
    reason: expect.stringContaining('aspectRatio'),
  });
});

test('pixel data that is cut short is refused with the code of the decoder', async () => {
  const cut = radiograph({ ...(await demo(1)), keepShare: 0.5 });
  expect(await find(cut)).toMatchObject({ status: 'refused', code: 'BH_DICOM_PIXELS' });
});

test('colour is refused before anything is decoded', async () => {
  const colour = radiograph({ ...(await demo(1)), photometric: 'RGB' });
  expect(await find(colour)).toMatchObject({ status: 'refused', code: 'BH_MODEL_INPUT' });
});

const slices = [
  ...[1, 2, 3].map((nth) => `ct-liver/ct${nth}.dcm`),
  'ts/CT1_UNC.explicit_little_endian.dcm',
  'ts/CT0012.not_fragmented_bot_jpeg_ls.80.dcm',
  ...Array.from({ length: 12 }, (_, at) => `mr-t1-series/N2D_0${150 + at}.dcm`),
  'ts/MR2_J2KI.dcm',
];

(hasShared ? test : test.skip)('CT and MR images are refused by their header', async () => {
  for (const slice of slices) {
    const finding = await find(await readFile(`${shared}/${slice}`));
    expect([slice, finding]).toMatchObject([slice, { status: 'refused', code: 'BH_MODEL_INPUT' }]);
  }
});

(hasShared ? test : test.skip)(
  'CT and MR images that claim to be chest radiographs are refused by their pixels',
  async () => {
    for (const slice of slices) {
      const finding = await find(radiograph(await display(`${shared}/${slice}`)));
      expect([slice, finding]).toMatchObject([
        slice,
        { status: 'refused', code: 'BH_MODEL_OUT_OF_DISTRIBUTION' },
      ]);
    }
  },
);

(hasShared ? test : test.skip)('real chest radiographs with inverted grey are refused', async () => {
  for (let nth = 0; nth < 14; nth += 1) {
    const spec = await display(`${shared}/cxr/cxr${String(nth).padStart(2, '0')}.dcm`);
    const { grey } = spec;
    const finding = await find(radiograph({ ...spec, grey: (row, column) => 1 - grey(row, column) }));
    expect([nth, finding]).toMatchObject([nth, { status: 'refused', code: 'BH_MODEL_OUT_OF_DISTRIBUTION' }]);
  }
});
