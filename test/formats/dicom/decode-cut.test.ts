import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  bytesSource,
  displayImage,
  openPixels,
  readHeader,
  verifyPixelData,
} from '../../../formats/dicom/index.ts';
import { encodeJpegDct } from './jpeg-dct-encoder.ts';
import { encodeJpegLossless } from './jpeg-lossless-encoder.ts';
import { dicomFile, encapsulated, imageElements } from './object-builder.ts';
import { refusalCode } from './refusal.ts';
import { encodeRle } from './rle-encoder.ts';
import { encodeHtj2k, encodeJpeg2000, encodeJpegLs } from './wasm-encoders.ts';

const folder = resolve(import.meta.dirname, '../../../../shared/data/dicom');
const withSamples = existsSync(folder) ? test : test.skip;

/** As an object goes through the engine: header, receipt, pixels, screen. */
async function through(bytes: Uint8Array): Promise<void> {
  const source = bytesSource(bytes);
  const header = await readHeader(source);
  await verifyPixelData(source, header);
  await show(source, header);
}

async function show(
  source: ReturnType<typeof bytesSource>,
  header: Awaited<ReturnType<typeof readHeader>>,
): Promise<void> {
  const frames = await openPixels(source, header);
  for (let index = 0; index < Math.min(frames.geometry.framesCount, 2); index += 1) {
    displayImage(header, await frames.frame(index), index);
  }
}

/** Cut at each byte, every object is refused with a code, up to the few bytes at the end that hold no pixel. */
async function cutEverywhere(file: Uint8Array): Promise<readonly number[]> {
  const accepted: number[] = [];
  for (let length = 0; length < file.length; length += 1) {
    if ((await refusalCode(() => through(file.subarray(0, length)))) === 'accepted') accepted.push(length);
  }
  return accepted;
}

const [rows, columns] = [9, 11];
const samples = Uint8Array.from({ length: rows * columns }, (_, i) => (i * i * 7 + i * 3) & 255);
const image = { rows, columns, samples: 1, bits: 8, bytes: samples };
const codecs: readonly [string, string, () => Promise<Uint8Array> | Uint8Array][] = [
  ['RLE', '1.2.840.10008.1.2.5', () => encodeRle(samples, rows * columns, 1, 1)],
  [
    'JPEG baseline',
    '1.2.840.10008.1.2.4.50',
    () => {
      const plane = { samples: [...samples], rows, columns, horizontal: 1, vertical: 1, id: 1 };
      return encodeJpegDct([plane], { rows, columns, precision: 8, step: 1 });
    },
  ],
  ['lossless JPEG', '1.2.840.10008.1.2.4.70', () => encodeJpegLossless(samples, rows, columns, 8, 1)],
  ['JPEG-LS', '1.2.840.10008.1.2.4.80', () => encodeJpegLs(image)],
  ['JPEG 2000', '1.2.840.10008.1.2.4.90', () => encodeJpeg2000(image)],
  ['HTJ2K', '1.2.840.10008.1.2.4.201', () => encodeHtj2k(image)],
];

describe('an object cut at any byte', () => {
  test.each(codecs)('in %s is refused with a code', async (_, transferSyntaxUid, encode) => {
    const encoded = await encode();
    const pixels = encapsulated([
      encoded.length % 2 === 0 ? encoded : Buffer.concat([encoded, Buffer.alloc(1)]),
    ]);
    const file = dicomFile(imageElements(pixels, { rows, columns }), { transferSyntaxUid });
    expect(await refusalCode(() => through(file))).toBe('accepted');
    // Only the delimiter of the fragments may be missing.
    for (const length of await cutEverywhere(file)) expect(length).toBeGreaterThanOrEqual(file.length - 8);
  });

  withSamples.each(['odd/enhanced-ct-23x38x3.dcm', 'ts/JLSL_08_07_0_1F.dcm', 'ts/liver_rle.dcm'])(
    '%s is refused with a code',
    async (name) => {
      const file = readFileSync(`${folder}/${name}`);
      for (const length of await cutEverywhere(file)) expect(length).toBeGreaterThanOrEqual(file.length - 8);
    },
    120_000,
  );
});

test('an encoded frame cut at any byte is refused or decoded, and never more', async () => {
  for (const [name, transferSyntaxUid, encode] of codecs) {
    const encoded = await encode();
    for (let length = 0; length < encoded.length; length += 1) {
      const pixels = encapsulated([encoded.subarray(0, length)]);
      const source = bytesSource(
        new Uint8Array(dicomFile(imageElements(pixels, { rows, columns }), { transferSyntaxUid })),
      );
      const header = await readHeader(source);
      const code = await refusalCode(() => show(source, header));
      // Behind the last sample stand only padding and end markers.
      const isAtEnd = length >= encoded.length - 4;
      expect([name, length, code]).toEqual([name, length, isAtEnd ? expect.anything() : 'BH_DICOM_PIXELS']);
    }
  }
});
