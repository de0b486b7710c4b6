import { describe, expect, test } from '@jest/globals';
import {
  decodeFrame,
  grayscale,
  modalityValues,
  readDataset,
  storedValues,
  windowFunction,
} from '../../../formats/dicom/index.ts';
import { type BuiltElement, dicomFile, el, type ImageOptions, imageElements } from './object-builder.ts';
import { refusalCode } from './refusal.ts';

async function open(pixels: BuiltElement, options: ImageOptions) {
  const dataset = readDataset(dicomFile(imageElements(pixels, options)));
  return { dataset, frame: await decodeFrame(dataset) };
}
const words = (...values: number[]): BuiltElement => el(0x7fe00010, 'OW', values);
const round = (values: Float32Array): readonly number[] =>
  [...values].map((value) => Math.round(value * 1000) / 1000);
const row = { rows: 1, columns: 4 };

describe('stored values', () => {
  test('leave out the bits above High Bit and extend the sign', async () => {
    const unsigned = await open(words(0xf001, 0xffff, 0x0800, 0), { ...row, bits: 16, stored: 12 });
    expect([...storedValues(unsigned.frame)]).toEqual([1, 4095, 2048, 0]);
    const signed = await open(words(0x0001, 0x0fff, 0x0800, 0x07ff), {
      ...row,
      bits: 16,
      stored: 12,
      signed: true,
    });
    expect([...storedValues(signed.frame)]).toEqual([1, -1, -2048, 2047]);
  });

  test('of one bit are unpacked, the first pixel from the lowest bit', async () => {
    const { frame } = await open(el(0x7fe00010, 'OB', Uint8Array.of(0b0101)), { ...row, bits: 1 });
    expect([...storedValues(frame)]).toEqual([1, 0, 1, 0]);
  });
});

describe('a window of PS3.3 C.11.2.1.2', () => {
  // The note of C.11.2.1.2.1: c=2048, w=4096 is x <= 0 and x > 4095; c=2048, w=1 is a step at 2047.5.
  test('LINEAR', () => {
    const full = windowFunction({ centre: 2048, width: 4096, shape: 'LINEAR' });
    expect([full(-1), full(0), full(2047.5), full(4095), full(4096)]).toEqual([0, 0, 0.5, 1, 1]);
    const step = windowFunction({ centre: 2048, width: 1, shape: 'LINEAR' });
    expect([step(2047), step(2048)]).toEqual([0, 1]);
    const hundred = windowFunction({ centre: 0, width: 100, shape: 'LINEAR' });
    expect([hundred(-50), hundred(49), hundred(0)]).toEqual([0, 1, 0.5 / 99 + 0.5]);
  });
  test('LINEAR_EXACT', () => {
    const exact = windowFunction({ centre: 2048, width: 4096, shape: 'LINEAR_EXACT' });
    expect([exact(0), exact(2048), exact(4096), exact(4097)]).toEqual([0, 0.5, 1, 1]);
  });
  test('SIGMOID', () => {
    const sigmoid = windowFunction({ centre: 10, width: 4, shape: 'SIGMOID' });
    expect(sigmoid(10)).toBe(0.5);
    expect(sigmoid(11)).toBeCloseTo(1 / (1 + Math.exp(-1)), 12);
  });
});

describe('grayscale', () => {
  test('is rescaled, windowed and, for MONOCHROME1, turned round', async () => {
    const before = [
      el(0x00281050, 'DS', '0\\40'),
      el(0x00281051, 'DS', '201\\400'),
      el(0x00281052, 'DS', '-1024'),
      el(0x00281053, 'DS', '2'),
    ];
    const mono2 = await open(words(0, 512, 1024, 487), { ...row, bits: 16, before });
    expect([...modalityValues(storedValues(mono2.frame), mono2.dataset)]).toEqual([-1024, 0, 1024, -50]);
    expect(round(grayscale(mono2.dataset, mono2.frame))).toEqual([0, 0.502, 1, 0.252]);
    const mono1 = await open(words(0, 512, 1024, 487), {
      ...row,
      bits: 16,
      before,
      photometric: 'MONOCHROME1',
    });
    expect(round(grayscale(mono1.dataset, mono1.frame))).toEqual([1, 0.498, 0, 0.748]);
  });

  test('is stretched where the object has no window', async () => {
    const { dataset, frame } = await open(words(100, 200, 300, 150), { ...row, bits: 16 });
    expect(round(grayscale(dataset, frame))).toEqual([0, 0.5, 1, 0.25]);
    const flat = await open(words(7, 7, 7, 7), { ...row, bits: 16 });
    expect(round(grayscale(flat.dataset, flat.frame))).toEqual([0, 0, 0, 0]);
  });

  test('follows a Modality LUT and a VOI LUT, beyond whose ends the first and last entry hold', async () => {
    const lut = (tag: number, first: number, entries: number[]): BuiltElement => ({
      tag,
      vr: 'SQ',
      value: [[el(0x00283002, 'US', [entries.length, first, 8]), el(0x00283006, 'OW', entries)]],
    });
    const before = [lut(0x00283000, 10, [0, 1, 2]), lut(0x00283010, 0, [0, 51, 255])];
    const { dataset, frame } = await open(words(3, 10, 11, 99), { ...row, bits: 16, before });
    expect(round(grayscale(dataset, frame))).toEqual([0, 0, 0.2, 1]);
  });

  test('takes the window of the frame from its functional group', async () => {
    const window = (centre: string): BuiltElement[] => [
      { tag: 0x00289132, vr: 'SQ', value: [[el(0x00281050, 'DS', centre), el(0x00281051, 'DS', '2')]] },
    ];
    const before: BuiltElement[] = [{ tag: 0x52009230, vr: 'SQ', value: [window('1'), window('100')] }];
    const { dataset, frame } = await open(words(50, 50, 50, 50), { ...row, bits: 16, before });
    expect(grayscale(dataset, frame, 0)[0]).toBe(1);
    expect(grayscale(dataset, frame, 1)[0]).toBe(0);
  });

  test('of colour is luminance: RGB by pixel and by plane, YBR, palette', async () => {
    const size = { rows: 1, columns: 2, samples: 3 };
    const byPixel = el(0x7fe00010, 'OB', Uint8Array.of(255, 0, 0, 0, 255, 0));
    const byPlane = el(0x7fe00010, 'OB', Uint8Array.of(255, 0, 0, 255, 0, 0));
    const ybr = el(0x7fe00010, 'OB', Uint8Array.of(51, 1, 2, 255, 3, 4));
    const gray = async (pixels: BuiltElement, options: ImageOptions) => {
      const { dataset, frame } = await open(pixels, options);
      return round(grayscale(dataset, frame));
    };
    expect(await gray(byPixel, { ...size, photometric: 'RGB' })).toEqual([0.299, 0.587]);
    expect(await gray(byPlane, { ...size, photometric: 'RGB', planar: true })).toEqual([0.299, 0.587]);
    expect(await gray(ybr, { ...size, photometric: 'YBR_FULL' })).toEqual([0.2, 1]);
    const before = [1, 2, 3].map((n) => el(0x00281100 + n, 'US', [2, 0, 16]));
    before.push(...[1, 2, 3].map((n) => el(0x00281200 + n, 'OW', [0, n === 2 ? 65535 : 0])));
    const palette = { rows: 1, columns: 2, photometric: 'PALETTE COLOR', before };
    expect(await gray(el(0x7fe00010, 'OB', Uint8Array.of(0, 1)), palette)).toEqual([0, 0.587]);
  });

  test.each<[string, BuiltElement[]]>([
    ['a window of width 0', [el(0x00281050, 'DS', '0'), el(0x00281051, 'DS', '0')]],
    [
      'an unknown function',
      [el(0x00281050, 'DS', '0'), el(0x00281051, 'DS', '9'), el(0x00281056, 'CS', 'CUBIC')],
    ],
    ['a LUT without data', [{ tag: 0x00283010, vr: 'SQ', value: [[el(0x00283002, 'US', [3, 0, 8])]] }]],
    [
      'a LUT that is too short',
      [{ tag: 0x00283010, vr: 'SQ', value: [[el(0x00283002, 'US', [9, 0, 16]), el(0x00283006, 'OW', [1])]] }],
    ],
  ])('refuses %s', async (_, before) => {
    const { dataset, frame } = await open(words(1, 2, 3, 4), { ...row, bits: 16, before });
    expect(await refusalCode(() => grayscale(dataset, frame))).toBe('BH_DICOM_ATTRIBUTE');
  });
});
