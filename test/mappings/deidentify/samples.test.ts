import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  decodeFrame,
  frameGeometry,
  isPixelDataTag,
  readDataset,
  type WritableDataset,
  writableOf,
} from '../../../formats/dicom/index.ts';
import { itemsOf, textsOf } from '../../../mappings/deidentify/element-values.ts';
import { packageRoot } from '../../../server/package-root.ts';
import { refusalCode } from '../../formats/dicom/refusal.ts';
import { pseudonyms, run, tracesOf } from './planted.ts';

const folder = join(packageRoot, '../shared/data/dicom');
const hasShared = existsSync(join(folder, 'index.json'));
const files: readonly { readonly file: string }[] = hasShared
  ? (JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as { files: { file: string }[] }).files
  : [];
const bytesOf = (file: string): Uint8Array => readFileSync(join(folder, file));

function readable(file: string): WritableDataset | undefined {
  try {
    const dataset = writableOf(readDataset(bytesOf(file)));
    return textsOf(dataset.get(0x00080018))[0] ? dataset : undefined;
  } catch {
    return undefined;
  }
}
const readableFiles = files.map(({ file }) => file).filter((file) => readable(file) !== undefined);
/** Everything that a rule on attributes can treat: what refuses images and documents is tested apart. */
const all = { pixels: 'keep', documents: 'replace', structuredContent: 'replace' } as const;
const cleaned = { ...all, options: ['clean-descriptors', 'clean-structured-content', 'clean-graphics'] };

/** Names, numbers, dates and UIDs of the object itself, read without the engine's lists. */
function identifiersOf(dataset: WritableDataset): ReadonlySet<string> {
  const found = new Set<string>();
  const identifiers = new Set([0x00080050, 0x00100020, 0x00101000, 0x00101040, 0x00102154, 0x00380010]);
  const uids = new Set([0x00080018, 0x0020000d, 0x0020000e, 0x00200052, 0x00081155]);
  const visit = (level: WritableDataset): void => {
    for (const [tag, element] of level) {
      for (const item of itemsOf(element)) visit(item);
      for (const text of textsOf(element)) {
        if (element.vr === 'PN')
          for (const part of text.split(/[\^= ,]+/)) if (part.length > 4) found.add(part);
        if (identifiers.has(tag) && text.length > 4) found.add(text);
        if (uids.has(tag) && !text.startsWith('1.2.840.10008.')) found.add(text);
        if (tag === 0x00100030 && text.length === 8) found.add(text);
        if (tag === 0x00080020 && text.length === 8) found.add(text);
      }
    }
  };
  visit(dataset);
  // The phantom of a stroke is called after what was done to it, and Image Type says so too.
  found.delete('Perfusion');
  return found;
}

/** The bytes without the pixels: eight digits can stand in an image by chance. */
function withoutPixels(bytes: Uint8Array): Uint8Array {
  const dataset = readDataset(bytes);
  const first = [...dataset.elements].find(({ tag }) => isPixelDataTag(tag));
  return first === undefined ? bytes : bytes.subarray(0, first.offset);
}

const samples = hasShared ? describe : describe.skip;

samples('the samples of ../shared/data/dicom', () => {
  test('are there', () => {
    expect(readableFiles.length).toBeGreaterThan(60);
  });

  test.each(readableFiles)('nothing of its own identifiers leaves with %s', async (file) => {
    const original = readable(file) ?? new Map();
    for (const settings of [all, cleaned, { ...all, options: ['retain-modified-dates'] }]) {
      const { bytes } = await run(bytesOf(file), settings);
      const searched = withoutPixels(bytes);
      const leaks = [...identifiersOf(original)].filter((one) => tracesOf(searched, one).length > 0);
      expect(leaks).toEqual([]);
    }
  });

  test.each(readableFiles)('%s comes out as it is when it goes through again', async (file) => {
    for (const settings of [all, cleaned, { ...all, options: ['retain-modified-dates'] }]) {
      const once = await run(bytesOf(file), settings);
      const twice = await run(once.bytes, settings);
      expect(hash(twice.bytes)).toBe(hash(once.bytes));
      expect(hash((await run(bytesOf(file), settings)).bytes)).toBe(hash(once.bytes));
    }
  });

  test('the image is the image: all frames of all that can be decoded', async () => {
    let frames = 0;
    for (const file of readableFiles) {
      const before = await framesOf(bytesOf(file));
      const after = await framesOf((await run(bytesOf(file), all)).bytes);
      expect([file, ...after]).toEqual([file, ...before]);
      frames += before.length;
    }
    expect(frames).toBeGreaterThan(60);
  });

  test('references within a study stay references: CT and the segmentation that names its slices', async () => {
    const study = readableFiles.filter((file) => file.startsWith('ct-liver/'));
    const outs = await Promise.all(study.map(async (file) => (await run(bytesOf(file), all)).bytes));
    const sets = outs.map((bytes) => writableOf(readDataset(bytes)));
    const originals = study.map((file) => readable(file) ?? new Map());
    const own = (dataset: WritableDataset, tag: number): string => textsOf(dataset.get(tag))[0] ?? '';
    for (const tag of [0x0020000d, 0x0020000e, 0x00080018, 0x00200052]) {
      const before = originals.map((dataset) => own(dataset, tag));
      expect(sets.map((dataset) => own(dataset, tag))).toEqual(
        before.map((uid) => (uid === '' ? '' : pseudonyms.uid(uid))),
      );
    }
    const instances = new Set(sets.map((dataset) => own(dataset, 0x00080018)));
    const referred = sets.flatMap((dataset) => [...uidsIn(dataset, 0x00081155)]);
    expect(referred.filter((uid) => instances.has(uid)).length).toBeGreaterThan(0);
    const known = new Set(originals.map((dataset) => own(dataset, 0x00080018)));
    const resolvedBefore = originals
      .flatMap((dataset) => [...uidsIn(dataset, 0x00081155)])
      .filter((uid) => known.has(uid));
    expect(referred.filter((uid) => instances.has(uid))).toHaveLength(resolvedBefore.length);
  });

  test('what may show or tell who it is, is refused by default, each with its code', async () => {
    const codes = new Map<string, number>();
    for (const file of readableFiles) {
      const code = await refusalCode(() => run(bytesOf(file)));
      codes.set(code ?? 'accepted', (codes.get(code ?? 'accepted') ?? 0) + 1);
    }
    expect([...codes.keys()].sort()).toEqual(['BH_DICOM_BURNED_IN', 'BH_DICOM_IDENTITY', 'accepted']);
    expect(codes.get('accepted')).toBeGreaterThan(40);
  });
});

function* uidsIn(dataset: WritableDataset, wanted: number): Generator<string> {
  for (const [tag, element] of dataset) {
    if (tag === wanted) yield* textsOf(element);
    for (const item of itemsOf(element)) yield* uidsIn(item, wanted);
  }
}

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function framesOf(bytes: Uint8Array): Promise<readonly string[]> {
  const dataset = readDataset(bytes);
  try {
    const frames: string[] = [];
    for (let at = 0; at < frameGeometry(dataset).framesCount; at++) {
      const { pixels } = await decodeFrame(dataset, at);
      frames.push(hash(new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength)));
    }
    return frames;
  } catch (error) {
    return [String(error)];
  }
}
