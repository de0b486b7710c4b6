import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import {
  bytesSource,
  decodeFrame,
  grayscale,
  instanceFacts,
  openPixels,
  pixelDigest,
  readDataset,
  readHeader,
  verifyPixelData,
} from '../../../formats/dicom/index.ts';
import { refusalCode } from './refusal.ts';

const root = resolve(import.meta.dirname, '../../..');
const folder = resolve(root, '../shared/data/dicom');
const hasShared = existsSync(folder);

interface Sample {
  readonly file: string;
  readonly valid?: boolean;
  readonly transferSyntax?: string;
  readonly sopInstanceUID?: string;
  readonly sopClass?: string;
  readonly studyInstanceUID?: string;
  readonly patientId?: string;
  readonly rows?: number;
  readonly pixel?: { lossy: boolean; sha256?: string; min?: number; max?: number; mean?: number };
}
const samples: readonly Sample[] = hasShared
  ? (JSON.parse(readFileSync(`${folder}/index.json`, 'utf8')) as { files: Sample[] }).files
  : [];
const bytesOf = (file: string): Uint8Array => readFileSync(`${folder}/${file}`);

async function receive(bytes: Uint8Array) {
  const source = bytesSource(bytes);
  const header = await readHeader(source);
  await verifyPixelData(source, header);
  return instanceFacts(header);
}

/** By the header and one frame at a time, as the command line does it. */
async function decodeAll(bytes: Uint8Array) {
  const source = bytesSource(bytes);
  const { sha256, statistics } = await pixelDigest(await openPixels(source, await readHeader(source)), true);
  return { sha256, min: 0, max: 0, mean: 0, ...statistics };
}

const refused: Readonly<Record<string, string>> = {
  'invalid/empty.dcm': 'BH_DICOM_SYNTAX',
  'invalid/not-dicom.dcm': 'BH_DICOM_SYNTAX',
  'invalid/preamble-only.dcm': 'BH_DICOM_SYNTAX',
  'invalid/truncated-pixels.dcm': 'BH_DICOM_TRUNCATED',
};

(hasShared ? test : test.skip)('each of the 77 samples is received, or refused with its code', async () => {
  expect(samples.length).toBe(77);
  for (const sample of samples) {
    const code = await refusalCode(() => receive(bytesOf(sample.file)));
    expect([sample.file, code]).toEqual([sample.file, refused[sample.file] ?? 'accepted']);
    expect(await refusalCode(() => readDataset(bytesOf(sample.file)))).toBe(code);
  }
});

(hasShared ? test : test.skip)('the facts of each sample are those of the index', async () => {
  for (const sample of samples.filter(({ valid }) => valid !== false)) {
    const facts = await receive(bytesOf(sample.file));
    expect(facts).toMatchObject({
      transferSyntaxUid: sample.transferSyntax,
      sopInstanceUid: sample.sopInstanceUID,
      sopClassUid: sample.sopClass,
      ...(sample.studyInstanceUID && { studyInstanceUid: sample.studyInstanceUID }),
      ...(sample.patientId && { patientId: sample.patientId }),
      ...(sample.rows && { rows: sample.rows }),
    });
  }
});

(hasShared ? test : test.skip)('each sample with reference pixels decodes to them', async () => {
  let identical = 0;
  let similar = 0;
  for (const { file, pixel } of samples) {
    if (pixel === undefined) continue;
    const decoded = await decodeAll(bytesOf(file));
    if (!pixel.lossy) {
      expect([file, decoded.sha256]).toEqual([file, pixel.sha256]);
      identical += 1;
      continue;
    }
    const tolerance = (pixel.max! - pixel.min!) / 100;
    for (const key of ['min', 'max', 'mean'] as const) {
      expect(Math.abs(decoded[key] - pixel[key]!)).toBeLessThanOrEqual(tolerance);
    }
    similar += 1;
  }
  expect({ identical, similar }).toEqual({ identical: 55, similar: 5 });
});

const pixelless = {
  'odd/encapsulated-pdf.dcm': 'BH_DICOM_PIXELS',
  'odd/text-sr.dcm': 'BH_DICOM_PIXELS',
  'sr-tid1500/rwvm.dcm': 'BH_DICOM_PIXELS',
  'sr-tid1500/sr.dcm': 'BH_DICOM_PIXELS',
  'ts/report_dfl.dcm': 'BH_DICOM_PIXELS',
  'ts/wave_dfl.dcm': 'BH_DICOM_PIXELS',
};

(hasShared ? test : test.skip)(
  'a sample without reference pixels decodes, or is refused with its code',
  async () => {
    const codes: Record<string, string> = {};
    for (const { file, pixel } of samples) {
      if (pixel === undefined) codes[file] = await refusalCode(() => decodeAll(bytesOf(file)));
    }
    const decoded = [
      'ts/HTJ2KLossless_08_RGB.dcm',
      'ts/HTJ2K_08_RGB.dcm',
      'ts/emri_small_jpeg_2k_lossless_too_short.dcm',
      'ts/liver_deflate.dcm',
      'ts/liver_nonbyte_aligned_rle.dcm',
      'ts/liver_rle.dcm',
      'ts/parametric_map_float.dcm',
    ];
    expect(codes).toEqual({
      ...refused,
      ...pixelless,
      ...Object.fromEntries(decoded.map((file) => [file, 'accepted'])),
    });
  },
);

(hasShared ? test : test.skip)(
  'frames of one bit are the same from RLE, deflated and native objects',
  async () => {
    const native = await decodeAll(bytesOf('ct-liver/seg-liver.dcm'));
    for (const file of ['ts/liver_rle.dcm', 'ts/liver_deflate.dcm']) {
      expect((await decodeAll(bytesOf(file))).sha256).toBe(native.sha256);
    }
  },
);

test('the demo radiographs are read and decoded', async () => {
  const demo = resolve(root, 'data/demo/cxr');
  const files = readdirSync(demo).filter((file) => file.endsWith('.dcm'));
  expect(files.length).toBe(8);
  for (const file of files) {
    const bytes = readFileSync(`${demo}/${file}`);
    const facts = await receive(bytes);
    expect(facts).toMatchObject({ modality: 'DX', rows: 560, columns: 560, patientIdIssuer: 'DEMOHOSP' });
    const dataset = readDataset(bytes);
    const values = grayscale(dataset, await decodeFrame(dataset));
    expect(values.length).toBe(560 * 560);
    expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
    const mean = values.reduce((sum, value) => sum + value) / values.length;
    expect(mean).toBeGreaterThan(0.3);
    expect(mean).toBeLessThan(0.8);
  }
});
