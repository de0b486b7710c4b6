import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type DecodedFrame, decodeFrame, readDataset } from '../../../formats/dicom/index.ts';
import { explicitBigEndian, explicitLittleEndian } from '../../../formats/dicom/transfer-syntax.ts';
import { encodeJpegLossless } from './jpeg-lossless-encoder.ts';
import {
  type BuiltElement,
  dicomFile,
  el,
  encapsulated,
  type ImageOptions,
  imageElements,
} from './object-builder.ts';
import { refusalCode } from './refusal.ts';
import { encodeRle } from './rle-encoder.ts';
import { encodeHtj2k, encodeJpeg2000, encodeJpegLs } from './wasm-encoders.ts';

const rle = '1.2.840.10008.1.2.5';
const jpegLossless = '1.2.840.10008.1.2.4.70';
const jpegLs = '1.2.840.10008.1.2.4.80';
const jpeg2000 = '1.2.840.10008.1.2.4.90';
const htj2k = '1.2.840.10008.1.2.4.201';
const deflatedFrame = '1.2.840.10008.1.2.8.1';

const decode = (pixels: BuiltElement, options: ImageOptions, uid: string, frame = 0): Promise<DecodedFrame> =>
  decodeFrame(readDataset(dicomFile(imageElements(pixels, options), { transferSyntaxUid: uid })), frame);

const bytesOf = ({ pixels }: DecodedFrame): Uint8Array =>
  new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength);

/** A picture of noise, gradients and flat parts, so that each codec meets runs and surprises. */
const picture = fc
  .record({
    rows: fc.integer({ min: 1, max: 24 }),
    columns: fc.integer({ min: 1, max: 24 }),
    samples: fc.constantFrom(1, 3),
    bits: fc.constantFrom(8, 10, 12, 16),
    seed: fc.nat(),
    kind: fc.constantFrom('noise', 'flat', 'ramp'),
  })
  .map(({ rows, columns, samples, bits, seed, kind }) => {
    const count = rows * columns * samples;
    const values = Uint16Array.from({ length: count }, (_, i) => {
      const n = kind === 'noise' ? Math.imul(seed + i, 2654435761) >>> 8 : kind === 'flat' ? seed : seed + i;
      return n & ((1 << bits) - 1);
    });
    const bytes = bits === 8 ? Uint8Array.from(values) : new Uint8Array(values.buffer.slice(0));
    return { rows, columns, samples, bits, values, bytes };
  });
type Picture = typeof picture extends fc.Arbitrary<infer T> ? T : never;

const optionsOf = ({
  rows,
  columns,
  samples,
  bits,
}: Omit<Picture, 'samples'> & { samples: number }): ImageOptions => ({
  rows,
  columns,
  samples,
  bits: bits === 8 ? 8 : 16,
  stored: bits,
  photometric: samples === 3 ? 'RGB' : 'MONOCHROME2',
});

describe('each codec gives back the bytes that were encoded', () => {
  const encoders: Readonly<Record<string, (image: Picture) => Promise<Uint8Array> | Uint8Array>> = {
    [rle]: (image) =>
      encodeRle(image.bytes, image.rows * image.columns, image.samples, image.bits === 8 ? 1 : 2),
    [jpegLs]: (image) => encodeJpegLs(image),
    [jpeg2000]: (image) => encodeJpeg2000(image),
    [htj2k]: (image) => encodeHtj2k(image),
    [deflatedFrame]: (image) => deflateRawSync(image.bytes),
  };
  test.each(Object.keys(encoders))('%s', async (uid) => {
    await fc.assert(
      fc.asyncProperty(picture, async (image) => {
        // The encoders of the test packages write outside their memory, or wrong samples, for colour above 8 bits.
        fc.pre((uid !== jpeg2000 && uid !== htj2k) || image.samples === 1 || image.bits === 8);
        const encoded = await encoders[uid]!(image);
        const frame = await decode(encapsulated([encoded]), optionsOf(image), uid);
        expect(bytesOf(frame)).toEqual(image.bytes);
      }),
      { numRuns: 30 },
    );
  });

  test.each([jpeg2000, htj2k])('%s with signed samples', async (uid) => {
    await fc.assert(
      fc.asyncProperty(picture, async (image) => {
        const signed = { ...image, samples: 1, signed: true };
        const half = 1 << (image.bits - 1);
        const values = [...image.values.subarray(0, image.rows * image.columns)].map((value) => value - half);
        const encode = uid === htj2k ? encodeHtj2k : encodeJpeg2000;
        // Signed and unsigned differ by a constant and by one bit of the header; the encoders cannot sign 8 bits.
        const bytes = image.bytes.subarray(0, values.length * (image.bits === 8 ? 1 : 2));
        const encoded = await encode({ ...image, samples: 1, bytes });
        encoded[Buffer.from(encoded).indexOf(Buffer.of(0xff, 0x51)) + 40]! |= 0x80;
        const frame = await decode(encapsulated([encoded]), { ...optionsOf(signed), signed: true }, uid);
        expect([...frame.pixels]).toEqual(values);
      }),
      { numRuns: 20 },
    );
  });

  test.each([1, 2, 3, 4, 5, 6, 7])('lossless JPEG with selection value %i', async (selection) => {
    await fc.assert(
      fc.asyncProperty(picture, async (image) => {
        const mono = { ...image, samples: 1 };
        const samples = image.bits === 8 ? Uint8Array.from(image.values) : image.values;
        const gray = samples.slice(0, image.rows * image.columns);
        const encoded = encodeJpegLossless(gray, image.rows, image.columns, image.bits, selection);
        const frame = await decode(encapsulated([encoded]), optionsOf(mono), jpegLossless);
        expect([...frame.pixels]).toEqual([...gray]);
      }),
      { numRuns: 15 },
    );
  });

  test('native, in either byte order', async () => {
    const little = el(0x7fe00010, 'OW', Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    const big = el(0x7fe00010, 'OW', Uint8Array.of(2, 1, 4, 3, 6, 5, 8, 7));
    const options = { bits: 16, signed: true };
    const expected = Int16Array.of(0x0201, 0x0403, 0x0605, 0x0807);
    expect((await decode(little, options, explicitLittleEndian)).pixels).toEqual(expected);
    expect((await decode(big, options, explicitBigEndian)).pixels).toEqual(expected);
    const bytesInWords = { rows: 2, columns: 4 };
    expect((await decode(big, bytesInWords, explicitBigEndian)).pixels).toEqual(
      Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    );
  });

  test('JPEG-LS by component becomes colour by pixel', async () => {
    const image = { rows: 1, columns: 2, samples: 3, bits: 8, bytes: Uint8Array.of(1, 2, 3, 4, 5, 6) };
    const encoded = await encodeJpegLs(image, 0);
    const frame = await decode(
      encapsulated([encoded]),
      { ...image, photometric: 'RGB', planar: true },
      jpegLs,
    );
    expect([...frame.pixels]).toEqual([1, 3, 5, 2, 4, 6]);
    expect(frame.planar).toBe(false);
  });

  test('RLE keeps the planes of the object', async () => {
    const encoded = encodeRle(Uint8Array.of(1, 2, 3, 4, 5, 6), 2, 3, 1);
    const options = { rows: 1, columns: 2, samples: 3, photometric: 'RGB' };
    expect([...(await decode(encapsulated([encoded]), { ...options, planar: true }, rle)).pixels]).toEqual([
      1, 4, 2, 5, 3, 6,
    ]);
    expect([...(await decode(encapsulated([encoded]), options, rle)).pixels]).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe('frames', () => {
  const frames = [1, 2, 3].map((n) => encodeRle(Uint8Array.of(n, n, n, n), 4, 1, 1));
  const firstByteOf = async (pixels: BuiltElement, uid: string) => {
    const found: number[] = [];
    for (let i = 0; i < 3; i += 1) found.push((await decode(pixels, { frames: 3 }, uid, i)).pixels[0]!);
    return found;
  };

  test('of native data follow each other', async () => {
    const native = el(0x7fe00010, 'OB', Uint8Array.of(1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3));
    expect(await firstByteOf(native, explicitLittleEndian)).toEqual([1, 2, 3]);
  });

  test('of one bit begin within a byte', async () => {
    const bits = el(0x7fe00010, 'OB', Uint8Array.of(0b1_0110_101 & 0xff, 0b0000_0001));
    const options = { rows: 1, columns: 3, bits: 1, frames: 3 };
    expect((await decode(bits, options, explicitLittleEndian, 0)).pixels).toEqual(Uint8Array.of(0b101));
    expect((await decode(bits, options, explicitLittleEndian, 1)).pixels).toEqual(Uint8Array.of(0b110));
    expect((await decode(bits, options, explicitLittleEndian, 2)).pixels).toEqual(Uint8Array.of(0b110));
  });

  test('are one fragment each, with or without a table', async () => {
    expect(await firstByteOf(encapsulated(frames), rle)).toEqual([1, 2, 3]);
    expect(await firstByteOf(encapsulated(frames, [0, 0, 0]), rle)).toEqual([1, 2, 3]);
  });

  test('of several fragments are found by the table, or by the markers of the codec', async () => {
    const encoded = [1, 2, 3].map((n) => encodeJpegLossless(Uint8Array.of(n, n, n, n), 2, 2, 8, 1));
    const pieces = encoded.flatMap((frame) => [frame.subarray(0, 20), frame.subarray(20)]);
    const offsets = [0, 1, 2].map((i) =>
      pieces.slice(0, i * 2).reduce((sum, piece) => sum + 8 + piece.length, 0),
    );
    expect(await firstByteOf(encapsulated(pieces, offsets), jpegLossless)).toEqual([1, 2, 3]);
    expect(await firstByteOf(encapsulated(pieces), jpegLossless)).toEqual([1, 2, 3]);
    expect(await firstByteOf(encapsulated(pieces, [0, 9, 3]), jpegLossless)).toEqual([1, 2, 3]);
  });

  test('YBR_FULL_422 gets its colour for each pixel', async () => {
    const native = el(0x7fe00010, 'OB', Uint8Array.of(10, 20, 30, 40));
    const frame = await decode(
      native,
      { rows: 1, columns: 2, samples: 3, photometric: 'YBR_FULL_422' },
      explicitLittleEndian,
    );
    expect([...frame.pixels]).toEqual([10, 30, 40, 20, 30, 40]);
    expect(frame.photometric).toBe('YBR_FULL');
  });
});

describe('broken pixels are refused', () => {
  const size = { rows: 16, columns: 16 };
  const image = {
    ...size,
    samples: 1,
    bits: 8,
    bytes: Uint8Array.from({ length: 256 }, (_, i) => (i * 37) & 255),
  };
  const streams: readonly [string, () => Promise<Uint8Array>][] = [
    [rle, async () => encodeRle(image.bytes, 256, 1, 1)],
    [jpegLossless, async () => encodeJpegLossless(image.bytes, 16, 16, 8, 1)],
    [jpegLs, () => encodeJpegLs(image)],
    [jpeg2000, () => encodeJpeg2000(image)],
    [htj2k, () => encodeHtj2k(image)],
    [deflatedFrame, async () => new Uint8Array(deflateRawSync(image.bytes))],
  ];

  test.each(streams)('%s cut anywhere', async (uid, encode) => {
    const encoded = await encode();
    const whole = bytesOf(await decode(encapsulated([encoded]), size, uid));
    expect(whole).toEqual(image.bytes);
    for (let length = 0; length < encoded.length - 4; length += 7) {
      const code = await refusalCode(() => decode(encapsulated([encoded.subarray(0, length)]), size, uid));
      expect([length, code]).toEqual([length, 'BH_DICOM_PIXELS']);
    }
    expect(bytesOf(await decode(encapsulated([encoded]), size, uid))).toEqual(image.bytes);
  });

  test.each(streams)(
    '%s with bytes changed gives pixels or a refusal, and the next image is right',
    async (uid, encode) => {
      const encoded = await encode();
      for (let at = 0; at < encoded.length; at += Math.ceil(encoded.length / 60)) {
        const changed = encoded.slice();
        changed[at]! ^= 0xff;
        const code = await refusalCode(() => decode(encapsulated([changed]), size, uid));
        expect(['accepted', 'BH_DICOM_PIXELS']).toContain(code);
      }
      expect(bytesOf(await decode(encapsulated([encoded]), size, uid))).toEqual(image.bytes);
    },
  );

  test.each(streams)('%s of another size than the object says', async (uid, encode) => {
    const encoded = await encode();
    const larger = { rows: 60000, columns: 8000 };
    expect(await refusalCode(() => decode(encapsulated([encoded]), larger, uid))).toBe('BH_DICOM_PIXELS');
  });

  test('native data that is too short, and frames that are not there', async () => {
    const short = el(0x7fe00010, 'OB', new Uint8Array(250));
    expect(await refusalCode(() => decode(short, size, explicitLittleEndian))).toBe('BH_DICOM_PIXELS');
    expect(
      await refusalCode(() => decode(short, { ...size, frames: 2147483647 }, explicitLittleEndian, 5)),
    ).toBe('BH_DICOM_PIXELS');
    expect(await refusalCode(() => decode(short, { rows: 1, columns: 1 }, explicitLittleEndian, 1))).toBe(
      'BH_DICOM_PIXELS',
    );
    expect(await refusalCode(() => decode(encapsulated([new Uint8Array(4)]), { frames: 5 }, rle))).toBe(
      'BH_DICOM_PIXELS',
    );
  });

  test('fragments in a native syntax, and native data in an encapsulated one', async () => {
    expect(await refusalCode(() => decode(encapsulated([image.bytes]), size, explicitLittleEndian))).toBe(
      'BH_DICOM_PIXELS',
    );
    expect(await refusalCode(() => decode(el(0x7fe00010, 'OB', image.bytes), size, jpegLs))).toBe(
      'BH_DICOM_PIXELS',
    );
  });

  test('a codec that the engine lacks, an object without pixels, a frame over the limit', async () => {
    const uid = '1.2.840.10008.1.2.4.100';
    expect(await refusalCode(() => decode(encapsulated([image.bytes]), size, uid))).toBe(
      'BH_DICOM_TRANSFER_SYNTAX',
    );
    expect(await refusalCode(() => decode(el(0x7fe10010, 'LO', 'X'), size, rle))).toBe('BH_DICOM_PIXELS');
    const huge = { rows: 65535, columns: 65535 };
    expect(await refusalCode(() => decode(encapsulated([image.bytes]), huge, jpeg2000))).toBe(
      'BH_DICOM_LIMIT',
    );
  });

  test('a JPEG 2000 stream whose last tile-part is cut, before it is decoded', async () => {
    const encoded = await encodeJpeg2000(image);
    const cut = encapsulated([encoded.subarray(0, encoded.length - 8)]);
    await expect(decode(cut, size, jpeg2000)).rejects.toThrow(
      'a tile-part of the JPEG 2000 stream is cut off',
    );
  });

  test('a stream that claims more than the object', async () => {
    const encoded = encodeJpegLossless(image.bytes, 16, 16, 8, 1);
    const at = Buffer.from(encoded).indexOf(Buffer.of(0xff, 0xc3));
    encoded.fill(0xff, at + 5, at + 9);
    expect(await refusalCode(() => decode(encapsulated([encoded]), size, jpegLossless))).toBe(
      'BH_DICOM_PIXELS',
    );
  });
});
