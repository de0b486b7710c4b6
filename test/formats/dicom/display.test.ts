import { describe, expect, test } from '@jest/globals';
import { decode } from 'fast-png';
import { decodeFrame, displayImage, encodePng, readDataset } from '../../../formats/dicom/index.ts';
import { type BuiltElement, dicomFile, el, type ImageOptions, imageElements } from './object-builder.ts';
import { refusalCode } from './refusal.ts';

async function shown(pixels: BuiltElement, options: ImageOptions) {
  const dataset = readDataset(dicomFile(imageElements(pixels, options)));
  return displayImage(dataset, await decodeFrame(dataset));
}
const bytes = (...values: number[]): BuiltElement => el(0x7fe00010, 'OB', Uint8Array.from(values));
const descriptors = (count: number, first: number, bits: number): BuiltElement[] =>
  [1, 2, 3].map((n) => el(0x00281100 + n, 'US', [count, first, bits]));

describe('an image for the screen', () => {
  test('is grey by window, and turned round for MONOCHROME1', async () => {
    const before = [el(0x00281050, 'DS', '128'), el(0x00281051, 'DS', '256')];
    const size = { rows: 1, columns: 4, before };
    expect([...(await shown(bytes(0, 51, 102, 255), size)).pixels]).toEqual([0, 51, 102, 255]);
    const inverse = await shown(bytes(0, 51, 102, 255), { ...size, photometric: 'MONOCHROME1' });
    expect([...inverse.pixels]).toEqual([255, 204, 153, 0]);
  });

  test('is RGB from RGB of 16 bits, by pixel or by plane, and from YBR', async () => {
    const size = { rows: 1, columns: 2, samples: 3 };
    const words = el(0x7fe00010, 'OW', [0, 32896, 65535, 257, 514, 771]);
    expect([...(await shown(words, { ...size, bits: 16, photometric: 'RGB' })).pixels]).toEqual([
      0, 128, 255, 1, 2, 3,
    ]);
    const planes = await shown(bytes(1, 4, 2, 5, 3, 6), { ...size, photometric: 'RGB', planar: true });
    expect([...planes.pixels]).toEqual([1, 2, 3, 4, 5, 6]);
    const ybr = await shown(bytes(128, 128, 128, 76, 85, 255), { ...size, photometric: 'YBR_FULL' });
    expect([...ybr.pixels]).toEqual([128, 128, 128, 254, 0, 0]);
    const shared = await shown(bytes(128, 76, 85, 255), { ...size, photometric: 'YBR_FULL_422' });
    expect([...shared.pixels].slice(3)).toEqual([254, 0, 0]);
    const partial = await shown(bytes(16, 128, 128, 235, 128, 128), {
      ...size,
      photometric: 'YBR_PARTIAL_444',
    });
    expect([...partial.pixels]).toEqual([0, 0, 0, 255, 255, 255]);
  });

  test('is RGB from a palette of 16 bits whose first entry is not for 0', async () => {
    const before = [
      ...descriptors(2, 10, 16),
      ...[0, 1, 2].map((n) => el(0x00281201 + n, 'OW', [n === 0 ? 65535 : 0, n === 2 ? 65535 : 0])),
    ];
    const { pixels } = await shown(bytes(3, 10, 11, 200), {
      rows: 1,
      columns: 4,
      photometric: 'PALETTE COLOR',
      before,
    });
    expect([...pixels]).toEqual([255, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 255]);
  });

  // PS3.3 C.7.9.2: discrete, linear, and a copy of the two.
  test('is RGB from a segmented palette', async () => {
    const segments = [0, 2, 0, 1000, 1, 4, 5000, 2, 2, 0, 0];
    const before = [...descriptors(12, 0, 16), ...[0, 1, 2].map((n) => el(0x00281221 + n, 'OW', segments))];
    const indices = Array.from({ length: 12 }, (_, i) => i);
    const { pixels } = await shown(bytes(...indices), {
      rows: 1,
      columns: 12,
      photometric: 'PALETTE COLOR',
      before,
    });
    const entries = [0, 1000, 2000, 3000, 4000, 5000];
    const grey = [...entries, ...entries].map((value) => Math.round(value / 257));
    expect([...pixels].filter((_, i) => i % 3 === 0)).toEqual(grey);
  });

  test.each([
    ['is too short', [0, 2, 0, 1000]],
    ['is too long', [0, 2, 0, 1000, 1, 40, 5000]],
    ['begins with a line', [1, 12, 5000]],
    ['copies itself', [0, 1, 7, 2, 9, 3, 0]],
    ['has an unknown segment', [9, 1, 1]],
    ['copies nothing for ever', [0, 0, 2, 65535, 0, 0, 2, 65535, 0, 0]],
  ])('refuses a segmented palette that %s', async (_, segments) => {
    const before = [...descriptors(12, 0, 16), ...[0, 1, 2].map((n) => el(0x00281221 + n, 'OW', segments))];
    const options = { rows: 1, columns: 1, photometric: 'PALETTE COLOR', before };
    expect(await refusalCode(() => shown(bytes(0, 0), options))).toBe('BH_DICOM_ATTRIBUTE');
  });

  test('is the same after PNG', async () => {
    const image = await shown(bytes(1, 2, 3, 4, 5, 6, 7, 8, 9, 0), {
      rows: 1,
      columns: 3,
      samples: 3,
      photometric: 'RGB',
    });
    const png = decode(encodePng(image));
    expect(png).toMatchObject({ width: 3, height: 1, channels: 3, depth: 8 });
    expect([...png.data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
