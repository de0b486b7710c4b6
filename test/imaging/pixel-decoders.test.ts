import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openLoadedPixels, pixelDigest, readDataset } from '../../formats/dicom/index.ts';
import { dicomFile, el, imageElements } from '../formats/dicom/object-builder.ts';
import { hasDcmdump, run } from './results-programs.ts';

/** Encoders of dcmtk with options of theirs, the decoder that undoes them, and what they are for. */
interface Codec {
  readonly encode: readonly string[];
  readonly decode: readonly string[];
  readonly takes: (image: Image) => boolean;
}

interface Image {
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  readonly samples: 1 | 3;
  readonly bits: number;
  readonly isSigned: boolean;
  readonly isPlanar: boolean;
  readonly seed: number;
}

const any = (): boolean => true;
const eight = ({ bits }: Image): boolean => bits === 8;
const grey = ({ samples, isSigned }: Image): boolean => samples === 1 && !isSigned;
const colour = ({ samples, bits }: Image): boolean => samples === 3 && bits === 8;
const jpeg = ['dcmdjpeg'];

const codecs: Readonly<Record<string, Codec>> = {
  RLE: { encode: ['dcmcrle'], decode: ['dcmdrle'], takes: any },
  'lossless JPEG, first order': { encode: ['dcmcjpeg', '+e1'], decode: jpeg, takes: any },
  'lossless JPEG, predictor 4': { encode: ['dcmcjpeg', '+el', '+sv', '4'], decode: jpeg, takes: any },
  'lossless JPEG in fragments without a table': {
    encode: ['dcmcjpeg', '+el', '+fs', '1', '-ot'],
    decode: jpeg,
    takes: any,
  },
  'JPEG-LS': { encode: ['dcmcjpls', '+el'], decode: ['dcmdjpls'], takes: any },
  'near-lossless JPEG-LS': { encode: ['dcmcjpls', '+en'], decode: ['dcmdjpls'], takes: grey },
  'explicit big endian': { encode: ['dcmconv', '+tb'], decode: ['dcmconv', '+te'], takes: any },
  deflated: { encode: ['dcmconv', '+td'], decode: ['dcmconv', '+te'], takes: any },
  'JPEG baseline': {
    encode: ['dcmcjpeg', '+eb', '+q', '85'],
    decode: jpeg,
    takes: (image) => eight(image) && grey(image),
  },
  'JPEG extended': {
    encode: ['dcmcjpeg', '+ee', '+q', '90'],
    decode: jpeg,
    takes: (image) => grey(image) && image.bits <= 12,
  },
  'JPEG baseline 4:4:4': { encode: ['dcmcjpeg', '+eb', '+s4'], decode: [...jpeg, '+px'], takes: colour },
  'JPEG baseline 4:2:2': { encode: ['dcmcjpeg', '+eb', '+s2'], decode: [...jpeg, '+px'], takes: colour },
  'JPEG baseline 4:2:0': { encode: ['dcmcjpeg', '+eb', '+n1'], decode: [...jpeg, '+px'], takes: colour },
  'JPEG extended of RGB': { encode: ['dcmcjpeg', '+ee', '+cr'], decode: [...jpeg, '+px'], takes: colour },
};

const images: fc.Arbitrary<Image> = fc
  .record({
    rows: fc.integer({ min: 1, max: 40 }),
    columns: fc.integer({ min: 1, max: 40 }),
    frames: fc.integer({ min: 1, max: 3 }),
    samples: fc.constantFrom(1 as const, 3 as const),
    bits: fc.constantFrom(8, 10, 12, 16),
    isSigned: fc.boolean(),
    isPlanar: fc.boolean(),
    seed: fc.nat(10_000),
  })
  .map((image) => ({ ...image, isSigned: image.isSigned && image.samples === 1 && image.bits > 8 }));

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bithive-decoders-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A native object of waves and noise. */
function nativeFile(image: Image): Uint8Array {
  const { rows, columns, frames, samples, bits, isSigned, isPlanar, seed } = image;
  const count = rows * columns * frames * samples;
  const top = 2 ** bits - 1;
  const values = Array.from({ length: count }, (_, at) => {
    const noise = ((Math.imul(seed + at, 2654435761) >>> 20) % 100) / 400;
    const wave = 0.375 + 0.375 * Math.sin((at % columns) / 4 + seed) * Math.cos(at / columns / 6);
    return Math.floor((wave + noise) * top) - (isSigned ? 2 ** (bits - 1) : 0);
  });
  const bytes = bits === 8 ? Uint8Array.from([...values, ...(count % 2 ? [0] : [])]) : values;
  const options = {
    rows,
    columns,
    frames,
    samples,
    bits: bits === 8 ? 8 : 16,
    stored: bits,
    signed: isSigned,
    planar: isPlanar,
    photometric: samples === 3 ? 'RGB' : 'MONOCHROME2',
  };
  return dicomFile(imageElements(el(0x7fe00010, bits === 8 ? 'OB' : 'OW', bytes), options));
}

const digestOf = async (file: string): Promise<string> =>
  (await pixelDigest(await openLoadedPixels(readDataset(readFileSync(file))), false)).sha256;

(hasDcmdump ? test : test.skip).each(Object.entries(codecs))(
  '%s decodes to the samples of dcmtk, to the bit',
  async (_, { encode, decode, takes }) => {
    const [native, encoded, decoded] = ['native', 'encoded', 'decoded'].map((name) =>
      join(folder, `${name}.dcm`),
    );
    let compared = 0;
    for (const image of fc.sample(images, { numRuns: 240, seed: 20261129 }).filter(takes).slice(0, 12)) {
      writeFileSync(native!, nativeFile(image));
      const [encoder, ...options] = encode;
      expect({ image, ...run(encoder!, [...options, native!, encoded!]) }).toMatchObject({ status: 0 });
      const [decoder, ...more] = decode;
      expect({ image, ...run(decoder!, [...more, encoded!, decoded!]) }).toMatchObject({ status: 0 });
      // The native object of the peer is read by our native reader, which the samples of the index hold to dcmtk.
      expect({ image, sha256: await digestOf(encoded!) }).toEqual({
        image,
        sha256: await digestOf(decoded!),
      });
      compared += 1;
    }
    expect(compared).toBe(12);
  },
);
