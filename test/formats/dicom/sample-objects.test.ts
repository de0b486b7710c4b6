import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';
import {
  bytesSource,
  decodeFrame,
  frameGeometry,
  grayscale,
  instanceFacts,
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

/** All frames as bytes, and their statistics. */
async function decodeAll(bytes: Uint8Array) {
  const dataset = readDataset(bytes);
  const hash = createHash('sha256');
  let [min, max, sum, count] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (let i = 0; i < frameGeometry(dataset).framesCount; i += 1) {
    const { pixels } = await decodeFrame(dataset, i);
    hash.update(new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength));
    for (const value of pixels) {
      if (value < min) min = value;
      if (value > max) max = value;
      sum += value;
    }
    count += pixels.length;
  }
  return { sha256: hash.digest('hex'), min, max, mean: sum / count };
}

const refused: Readonly<Record<string, string>> = {
  'invalid/empty.dcm': 'BH_DICOM_SYNTAX',
  'invalid/not-dicom.dcm': 'BH_DICOM_SYNTAX',
  'invalid/preamble-only.dcm': 'BH_DICOM_SYNTAX',
  'invalid/truncated-pixels.dcm': 'BH_DICOM_TRUNCATED',
};
const undecoded = ['1.2.840.10008.1.2.4.51', '1.2.840.10008.1.2.4.201', '1.2.840.10008.1.2.4.203'];

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
  for (const { file, pixel, transferSyntax = '' } of samples) {
    if (pixel === undefined) continue;
    if (undecoded.includes(transferSyntax)) {
      expect(await refusalCode(() => decodeAll(bytesOf(file)))).toBe('BH_DICOM_TRANSFER_SYNTAX');
      continue;
    }
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
  expect({ identical, similar }).toEqual({ identical: 55, similar: 4 });
});

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
