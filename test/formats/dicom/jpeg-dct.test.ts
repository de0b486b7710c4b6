import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type DecodedFrame, decodeFrame, readDataset } from '../../../formats/dicom/index.ts';
import { type DctOptions, type DctPlane, encodeJpegDct } from './jpeg-dct-encoder.ts';
import { dicomFile, encapsulated, type ImageOptions, imageElements } from './object-builder.ts';
import { refusalCode } from './refusal.ts';

const baseline = '1.2.840.10008.1.2.4.50';
const extended = '1.2.840.10008.1.2.4.51';

const decode = (
  encoded: readonly Uint8Array[],
  options: ImageOptions,
  uid = extended,
): Promise<DecodedFrame> =>
  decodeFrame(
    readDataset(dicomFile(imageElements(encapsulated(encoded), options), { transferSyntaxUid: uid })),
  );

/** A wave with noise, so that blocks have many coefficients and some have one. */
const wave = (rows: number, columns: number, precision: number, seed: number): number[] =>
  Array.from({ length: rows * columns }, (_, at) => {
    const [x, y] = [at % columns, Math.floor(at / columns)];
    const noise = seed % 3 === 0 ? 0 : ((Math.imul(seed + at, 2654435761) >>> 16) % 1000) / 1000 - 0.5;
    return Math.round(
      (0.5 + 0.3 * Math.sin(x / 3 + seed) * Math.cos(y / 5) + noise * 0.3) * (2 ** precision - 1),
    );
  });

const plane = (samples: number[], rows: number, columns: number, id = 1): DctPlane => ({
  samples,
  rows,
  columns,
  horizontal: 1,
  vertical: 1,
  id,
});
const farthest = (a: ArrayLike<number>, b: readonly number[]): number =>
  b.reduce((most, value, i) => Math.max(most, Math.abs(value - (a[i] ?? Number.NaN))), 0);

describe('sequential JPEG', () => {
  test('gives grey of 8 and 12 bits back within rounding, whatever its size and restart interval', async () => {
    const image = fc.record({
      rows: fc.integer({ min: 1, max: 40 }),
      columns: fc.integer({ min: 1, max: 40 }),
      precision: fc.constantFrom(8, 12),
      restart: fc.integer({ min: 0, max: 5 }),
      seed: fc.nat(1000),
    });
    await fc.assert(
      fc.asyncProperty(image, async ({ rows, columns, precision, restart, seed }) => {
        const samples = wave(rows, columns, precision, seed);
        const encoded = encodeJpegDct([plane(samples, rows, columns)], {
          rows,
          columns,
          precision,
          step: 1,
          restart,
        });
        const bits = precision === 8 ? 8 : 16;
        const frame = await decode([encoded], { rows, columns, bits, stored: precision });
        expect(farthest(frame.pixels, samples)).toBeLessThanOrEqual(2);
      }),
      { numRuns: 60 },
    );
  });

  test('is the same in one scan and in one per component', async () => {
    const [rows, columns] = [19, 21];
    const planes = [1, 2, 3].map((id) => plane(wave(rows, columns, 8, id), rows, columns, id));
    const options: DctOptions = { rows, columns, precision: 8, step: 3 };
    const size: ImageOptions = { rows, columns, samples: 3, photometric: 'YBR_FULL' };
    const together = await decode([encodeJpegDct(planes, options)], size, baseline);
    const apart = await decode(
      [encodeJpegDct(planes, { ...options, isApart: true, restart: 2 })],
      size,
      baseline,
    );
    expect(apart.pixels).toEqual(together.pixels);
    expect(together.photometric).toBe('RGB');
  });

  test('in fragments without a table is told apart into frames', async () => {
    const frames = [50, 150, 250].map((level) =>
      encodeJpegDct([plane(new Array(64).fill(level), 8, 8)], { rows: 8, columns: 8, precision: 8, step: 1 }),
    );
    const pieces = frames.flatMap((frame) => [frame.subarray(0, 100), frame.subarray(100)]);
    const file = dicomFile(imageElements(encapsulated(pieces), { rows: 8, columns: 8, frames: 3 }), {
      transferSyntaxUid: baseline,
    });
    const dataset = readDataset(file);
    for (const [i, level] of [50, 150, 250].entries()) {
      expect((await decodeFrame(dataset, i)).pixels[63]).toBe(level);
    }
  });

  test('spreads chrominance that is sampled more coarsely', async () => {
    const [rows, columns] = [21, 23];
    for (const [h, v] of [
      [2, 1],
      [2, 2],
      [1, 2],
      [4, 1],
    ] as const) {
      const coarse = { rows: Math.ceil(rows / v), columns: Math.ceil(columns / h) };
      const flat = (level: number) => new Array<number>(coarse.rows * coarse.columns).fill(level);
      const luma = wave(rows, columns, 8, 3);
      const planes = [
        { ...plane(luma, rows, columns, 1), horizontal: h, vertical: v },
        plane(flat(100), coarse.rows, coarse.columns, 2),
        plane(flat(160), coarse.rows, coarse.columns, 3),
      ];
      const encoded = encodeJpegDct(planes, { rows, columns, precision: 8, step: 1 });
      const frame = await decode(
        [encoded],
        { rows, columns, samples: 3, photometric: 'YBR_FULL_422' },
        baseline,
      );
      const clamp = (value: number) => Math.min(Math.max(value, 0), 255);
      const expected = luma.flatMap((y) => [
        clamp(y + 1.402 * 32),
        clamp(y - 0.344136 * -28 - 0.714136 * 32),
        clamp(y + 1.772 * -28),
      ]);
      expect(farthest(frame.pixels, expected)).toBeLessThanOrEqual(3);
    }
  });
});

describe('colour is what the stream says, then what the object says', () => {
  const jfif = [0xff, 0xe0, 0, 16, ...Buffer.from('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0];
  const adobe = (transform: number) => [
    0xff,
    0xee,
    0,
    14,
    ...Buffer.from('Adobe'),
    0,
    100,
    0,
    0,
    0,
    0,
    transform,
  ];
  const asYbr = [169, 108, 51];
  const asRgb = [120, 90, 160];
  test.each<[string, string, readonly number[], readonly number[], number[]]>([
    ['RGB in the object', 'RGB', [], [1, 2, 3], asRgb],
    ['YBR_FULL_422 in the object', 'YBR_FULL_422', [], [1, 2, 3], asYbr],
    ['JFIF', 'RGB', jfif, [1, 2, 3], asYbr],
    ['Adobe without transform', 'YBR_FULL', adobe(0), [1, 2, 3], asRgb],
    ['Adobe with transform', 'RGB', adobe(1), [1, 2, 3], asYbr],
    ['components named R, G, B', 'YBR_FULL', [], [0x52, 0x47, 0x42], asRgb],
  ])('%s', async (_, photometric, extra, ids, expected) => {
    const planes = [120, 90, 160].map((level, i) => plane(new Array(64).fill(level), 8, 8, ids[i]));
    const encoded = encodeJpegDct(planes, { rows: 8, columns: 8, precision: 8, step: 1, extra });
    const frame = await decode([encoded], { rows: 8, columns: 8, samples: 3, photometric }, baseline);
    expect(farthest(frame.pixels.subarray(0, 3), expected)).toBeLessThanOrEqual(4);
    expect(frame.photometric).toBe('RGB');
  });
});

describe('a broken stream is refused', () => {
  const size = { rows: 24, columns: 24 };
  const whole = encodeJpegDct([plane(wave(24, 24, 8, 1), 24, 24)], {
    ...size,
    precision: 8,
    step: 2,
    restart: 3,
  });

  test('cut anywhere', async () => {
    for (let length = 0; length < whole.length - 4; length += 5) {
      const code = await refusalCode(() => decode([whole.subarray(0, length)], size));
      expect([length, code]).toEqual([length, 'BH_DICOM_PIXELS']);
    }
  });

  test('or decoded, with any byte changed', async () => {
    for (let at = 0; at < whole.length; at += 1) {
      const changed = whole.slice();
      changed[at]! ^= 0xff;
      expect(['accepted', 'BH_DICOM_PIXELS']).toContain(await refusalCode(() => decode([changed], size)));
    }
  });

  test('of another process, precision or allocation', async () => {
    const progressive = whole.slice();
    progressive[Buffer.from(whole).indexOf(Buffer.of(0xff, 0xc0)) + 1] = 0xc2;
    expect(await refusalCode(() => decode([progressive], size))).toBe('BH_DICOM_PIXELS');
    const deep = encodeJpegDct([plane(wave(8, 8, 12, 1), 8, 8)], {
      rows: 8,
      columns: 8,
      precision: 12,
      step: 1,
    });
    expect(await refusalCode(() => decode([deep], { rows: 8, columns: 8 }))).toBe('BH_DICOM_PIXELS');
    expect(await refusalCode(() => decode([deep], { rows: 8, columns: 8, bits: 16, stored: 12 }))).toBe(
      'accepted',
    );
  });
});
