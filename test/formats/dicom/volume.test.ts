import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  bytesSource,
  projectVolume,
  readHeader,
  readVolume,
  type SeriesObject,
} from '../../../formats/dicom/index.ts';
import { volumeSampler } from '../../../formats/dicom/volume/sample-volume.ts';
import { dicomFile, el, imageElements } from './object-builder.ts';
import { axial, type Point, phantomSeries, phantomSlice } from './phantom.ts';
import { refusalCode } from './refusal.ts';

const folder = resolve(import.meta.dirname, '../../../../shared/data/dicom');
const withSamples = existsSync(folder) ? test : test.skip;
const window = { centre: 50, width: 100, shape: 'LINEAR_EXACT' } as const;

/** A direction pair at right angles, by two turns. */
const orientation = fc
  .record({
    a: fc.double({ min: 0, max: 6.28, noNaN: true }),
    b: fc.double({ min: -1.5, max: 1.5, noNaN: true }),
  })
  .map(({ a, b }) => {
    const across: Point = [Math.cos(a) * Math.cos(b), Math.sin(a) * Math.cos(b), Math.sin(b)];
    const down: Point = [-Math.sin(a), Math.cos(a), 0];
    return { across, down };
  });

describe('a volume', () => {
  test('gives the value at a point of the patient: any orientation, spacing, tilt, gaps', async () => {
    const shape = fc.record({
      turn: orientation,
      rowSpacing: fc.double({ min: 0.3, max: 3, noNaN: true }),
      columnSpacing: fc.double({ min: 0.3, max: 3, noNaN: true }),
      steps: fc.array(fc.double({ min: 0.5, max: 4, noNaN: true }), { minLength: 2, maxLength: 6 }),
      // Not so strong that a point leaves the neighbouring slice.
      tilt: fc.double({ min: -0.1, max: 0.1, noNaN: true }),
    });
    const places = fc.array(
      fc.tuple(...[0, 1, 2].map(() => fc.double({ min: 0.2, max: 0.8, noNaN: true }))),
      {
        minLength: 5,
        maxLength: 5,
      },
    );
    await fc.assert(
      fc.asyncProperty(shape, places, async ({ turn, steps, tilt, ...spacings }, inside) => {
        const { across, down } = turn;
        const normal = [0, 1, 2].map((k) => {
          const [i, j] = [(k + 1) % 3, (k + 2) % 3];
          return across[i]! * down[j]! - across[j]! * down[i]!;
        });
        let offset = 0;
        const positions = [0, ...steps].map((step): Point => {
          offset += step;
          const at = (k: number): number => 10 + normal[k]! * offset + down[k]! * tilt * offset;
          return [at(0), at(1), at(2)];
        });
        // Linear in space, so that interpolation must be exact.
        const value = ([x, y, z]: Point): number => 3 * x - 2 * y + 5 * z + 7;
        const phantom = axial({ rows: 8, columns: 9, positions, across, down, ...spacings, value });
        const volume = await readVolume([...(await phantomSeries(phantom))].reverse());
        const sample = volumeSampler(volume);
        for (const [u, v, w] of inside) {
          const along = offset * w!;
          const point = [0, 1, 2].map(
            (k) =>
              10 +
              across[k]! * u! * 8 * spacings.columnSpacing +
              down[k]! * (v! * 7 * spacings.rowSpacing + tilt * along) +
              normal[k]! * along,
          ) as unknown as Point;
          expect(Math.abs(sample(point) - value(point))).toBeLessThan(0.01);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('is in order of place, with its spacing and no flaw', async () => {
    const { stack } = await readVolume([...(await phantomSeries(axial()))].sort(() => -1));
    expect(stack.offsets).toEqual([100, 104, 108, 112, 116, 120, 124, 128, 132, 136]);
    expect({ spacing: stack.spacing, flaws: stack.flaws }).toEqual({ spacing: 4, flaws: [] });
  });

  test('tells missing, doubled and tilted slices', async () => {
    const [first, ...rest] = axial().positions;
    const flawsOf = async (positions: readonly Point[]) =>
      (await readVolume(await phantomSeries(axial({ positions })))).stack.flaws;
    expect(await flawsOf([first!, ...rest.slice(2)])).toEqual([
      { flaw: 'gap', detail: '1 of 7 distances are not 4.00 mm, the first from 100.00 to 112.00 mm' },
    ]);
    expect(await flawsOf([first!, first!, ...rest])).toEqual([
      { flaw: 'duplicate', detail: '1 slices in a place that has one are left out' },
    ]);
    const tilted = axial().positions.map(([x, y, z], i): Point => [x, y + i * 1.5, z]);
    expect(await flawsOf(tilted)).toMatchObject([
      { flaw: 'tilt', detail: expect.stringContaining('20.6 degrees') },
    ]);
  });

  test.each<[string, (slices: SeriesObject[]) => Promise<unknown>]>([
    ['one slice', async (slices) => slices.splice(1)],
    ['two slices in one place', async (slices) => slices.splice(0, 10, slices[0]!, slices[0]!)],
    ['another size', async (slices) => slices.push(await phantomSlice(axial({ rows: 21 }), [-30, -20, 200]))],
    [
      'another spacing',
      async (slices) => slices.push(await phantomSlice(axial({ rowSpacing: 3 }), [-30, -20, 200])),
    ],
    [
      'another orientation',
      async (slices) => slices.push(await phantomSlice(axial({ down: [0, 0, -1] }), [-30, -20, 200])),
    ],
    [
      'a slanted orientation',
      async (slices) => slices.push(await phantomSlice(axial({ down: [0.5, 0.9, 0] }), [0, 0, 9])),
    ],
    [
      'no place at all',
      async (slices) => {
        const source = bytesSource(
          new Uint8Array(dicomFile(imageElements(el(0x7fe00010, 'OB', new Uint8Array(4))))),
        );
        slices.push({ source, header: await readHeader(source) });
      },
    ],
  ])('is refused with %s', async (_, spoil) => {
    const slices = [...(await phantomSeries(axial()))];
    await spoil(slices);
    expect(await refusalCode(() => readVolume(slices))).toBe('BH_DICOM_GEOMETRY');
  });

  test('over the limit is refused before it is allocated', async () => {
    const claims = await Promise.all(
      [100, 104].map(async (z) => {
        const before = [
          el(0x00200032, 'DS', `0\\0\\${z}`),
          el(0x00200037, 'DS', '1\\0\\0\\0\\1\\0'),
          el(0x00280030, 'DS', '1\\1'),
        ];
        const options = { rows: 16000, columns: 16000, before };
        const source = bytesSource(
          new Uint8Array(dicomFile(imageElements(el(0x7fe00010, 'OB', new Uint8Array(4)), options))),
        );
        return { source, header: await readHeader(source) };
      }),
    );
    await expect(readVolume(claims)).rejects.toThrow('BH_DICOM_LIMIT: a volume of 16000 x 16000 x 2');
  });
});

describe('a projection', () => {
  /** One bright point at x 0, y 0, z 120 in a dim block. */
  const spot = axial({ value: ([x, y, z]) => (x === 0 && y === 0 && z === 120 ? 100 : 10) });
  const brightest = (pixels: ArrayLike<number>, columns: number): readonly [number, number, number] => {
    let at = 0;
    for (let i = 0; i < pixels.length; i += 1) if (pixels[i]! > pixels[at]!) at = i;
    return [at % columns, Math.floor(at / columns), pixels[at]!];
  };

  test.each([
    // The block reaches from -31.25 to 28.75, -21 to 19 and 98 to 138; 2 mm to a pixel.
    ['axial', 30, 20, 15, 10],
    ['coronal', 30, 20, 15, 9],
    ['sagittal', 20, 20, 10, 9],
  ] as const)(
    '%s has the proportions of the patient and the spot in its place',
    async (plane, columns, rows, x, y) => {
      const volume = await readVolume(await phantomSeries(spot));
      const { image, spacing } = projectVolume(volume, { plane, mode: 'mip', window });
      expect({ columns: image.columns, rows: image.rows, spacing }).toEqual({ columns, rows, spacing: 2 });
      const [column, row, value] = brightest(image.pixels, image.columns);
      expect(Math.abs(column - x)).toBeLessThanOrEqual(1);
      expect(Math.abs(row - y)).toBeLessThanOrEqual(1);
      expect(value).toBeGreaterThan(100);
    },
  );

  test('of one plane shows that plane: the head up, the left side on the right', async () => {
    const ramp = axial({ value: ([x, , z]) => x + z });
    const volume = await readVolume(await phantomSeries(ramp));
    const wide = { centre: 100, width: 200, shape: 'LINEAR_EXACT' } as const;
    const { image, at } = projectVolume(volume, { plane: 'coronal', mode: 'mpr', window: wide });
    expect(at).toBe(-1);
    const value = (row: number, column: number): number =>
      (image.pixels[row * image.columns + column]! / 255) * 200;
    // Row 10 lies at z 138 - 21 = 117, column 5 at x -31.25 + 11 = -20.25.
    expect(value(10, 5)).toBeCloseTo(117 - 20.25, 0);
    expect(value(5, 20)).toBeCloseTo(127 + 9.75, 0);
  });

  test('beyond the volume is refused, and what misses it is black', async () => {
    const volume = await readVolume(await phantomSeries(axial({ value: () => 100 })));
    expect(await refusalCode(() => projectVolume(volume, { plane: 'axial', mode: 'mpr', at: 500 }))).toBe(
      'BH_DICOM_GEOMETRY',
    );
    const s = Math.SQRT1_2;
    const positions = axial().positions.map(([, , z]): Point => [z * s, -z * s, 0]);
    const turned = axial({ across: [s, s, 0], down: [0, 0, -1], positions, value: () => 100 });
    const { image } = projectVolume(await readVolume(await phantomSeries(turned)), {
      plane: 'axial',
      mode: 'mip',
      window,
    });
    expect([image.pixels[0], image.pixels[(image.rows >> 1) * image.columns + (image.columns >> 1)]]).toEqual(
      [0, 255],
    );
  });

  withSamples('of real series has their geometry', async () => {
    const series = async (name: string, pattern: RegExp) =>
      readVolume(
        await Promise.all(
          readdirSync(`${folder}/${name}`)
            .filter((file) => pattern.test(file))
            .map(async (file) => {
              const source = bytesSource(readFileSync(`${folder}/${name}/${file}`));
              return { source, header: await readHeader(source) };
            }),
        ),
      );
    const mr = await series('mr-t1-series', /\.dcm$/);
    expect({ slices: mr.stack.slices.length, flaws: mr.stack.flaws }).toEqual({ slices: 12, flaws: [] });
    expect(mr.stack.spacing).toBeCloseTo(2 / 3, 4);
    const ct = await series('ct-liver', /^ct\d/);
    expect({ spacing: ct.stack.spacing, flaws: ct.stack.flaws }).toEqual({ spacing: 1, flaws: [] });
    const enhanced = await series('odd', /^enhanced-ct/);
    expect(enhanced.stack.offsets).toEqual([-177.75, -175.25, -172.75]);
    // The slice itself, with the window of the object: a plane through its middle differs only by interpolation at the edges.
    const { image } = projectVolume(ct, { plane: 'axial', mode: 'mpr', at: ct.stack.offsets[1]! });
    expect([image.rows, image.columns]).toEqual([512, 512]);
  });
});
