import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { modelIdentity, parseManifest } from '../../inference/model-manifest.ts';
import { bundledModelsFolder, loadModels } from '../../inference/model-registry.ts';
import { tensorsOf } from '../../inference/model-tensors.ts';
import { scriptedManifest } from './onnx-models.ts';

const bundled = join(bundledModelsFolder(), 'cxr-pneumonia-28');
const manifestText = await readFile(join(bundled, 'manifest.json'), 'utf8');
const onnx = await readFile(join(bundled, 'model.onnx'));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bithive-models-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function install(name: string, manifest: string, model: Uint8Array): Promise<void> {
  await mkdir(join(folder, name));
  await writeFile(join(folder, name, 'manifest.json'), manifest);
  await writeFile(join(folder, name, 'model.onnx'), model);
}

test('the bundled model is what its manifest says', async () => {
  const models = await loadModels([bundledModelsFolder()]);
  const { manifest } = models.get('cxr-pneumonia-28');
  expect(tensorsOf(manifest)).toEqual({
    inputs: [{ name: 'image', shape: [1, 1, 28, 28] }],
    channels: [['image']],
    output: 'probability',
    rows: 28,
    columns: 28,
    outputRange: [0, 1],
    outputLength: 1,
  });
  const metrics = JSON.parse(await readFile(join(bundled, 'metrics.json'), 'utf8')) as Record<string, number>;
  expect(manifest.threshold).toBe(metrics.threshold);
  expect(manifest.evaluation[0]).toMatchObject({
    auc: metrics.test_auc,
    accuracy: metrics.test_acc,
    sensitivity: metrics.test_sens,
    specificity: metrics.test_spec,
  });
  expect(manifest.target).toEqual({
    code: '233604007',
    system: 'http://snomed.info/sct',
    display: 'Pneumonia',
  });
});

test('the identity of a model carries its evaluation; without one the model loads and has none', () => {
  const [evaluation] = modelIdentity(parseManifest(manifestText, 'm')).evaluation ?? [];
  expect(evaluation).toMatchObject({ data: 'PneumoniaMNIST test set', n: 624, date: '2026-11-22' });
  const { evaluation: _none, ...rest } = JSON.parse(manifestText) as Record<string, unknown>;
  expect(modelIdentity(parseManifest(JSON.stringify(rest), 'm')).evaluation).toEqual([]);
});

test('a model file with one changed byte is refused', async () => {
  const changed = Uint8Array.from(onnx);
  changed[changed.length - 1]! ^= 1;
  await install('changed', manifestText, changed);
  await expect(loadModels([folder])).rejects.toMatchObject({
    code: 'BH_MODEL_INVALID',
    detail: expect.stringContaining('SHA-256'),
  });
});

test('two models of one name are refused', async () => {
  await install('a', manifestText, onnx);
  await install('b', manifestText, onnx);
  await expect(loadModels([folder])).rejects.toMatchObject({ code: 'BH_MODEL_INVALID' });
});

test('a folder that is not there, and a model that is not there, are named', async () => {
  await expect(loadModels([join(folder, 'absent')])).rejects.toMatchObject({ code: 'BH_MODEL_INVALID' });
  const none = await loadModels([folder]);
  expect(() => none.get('x')).toThrow(expect.objectContaining({ code: 'BH_MODEL_UNKNOWN' }));
});

test.each<[string, Record<string, unknown>, string]>([
  ['an unknown key', { colour: 'red' }, 'colour'],
  ['a file outside of its folder', { file: '../model.onnx' }, 'file'],
  ['an unknown step', { preprocess: [{ step: 'blur' }] }, 'preprocess.0'],
  ['a step of another size', { preprocess: [{ step: 'area-mean', rows: 32, columns: 28 }] }, '28 x 28'],
  ['no step that gives the size', { preprocess: [{ step: 'voi' }] }, '28 x 28'],
  [
    'a window after the resize',
    { preprocess: [{ step: 'area-mean', rows: 28, columns: 28 }, { step: 'voi' }] },
    'come before',
  ],
  ['a threshold above 1', { threshold: 1.5 }, 'threshold'],
  ['a hash that is none', { sha256: 'abc' }, 'sha256'],
])('a manifest with %s is refused', (_, change, names) => {
  const edited = JSON.stringify({ ...(JSON.parse(manifestText) as object), ...change });
  expect(() => parseManifest(edited, 'manifest.json')).toThrow(
    expect.objectContaining({ code: 'BH_MODEL_INVALID', detail: expect.stringContaining(names) }),
  );
});

test('a manifest that is not JSON is refused', () => {
  expect(() => parseManifest('{', 'manifest.json')).toThrow(
    expect.objectContaining({ code: 'BH_MODEL_INVALID' }),
  );
});

const pair = { inputs: { image: ['image'], earlier: ['prior'] } };
const priors = { priors: {} };
const scripted = (given: Parameters<typeof scriptedManifest>[0]) =>
  parseManifest(
    JSON.stringify({ ...scriptedManifest(given), name: 'scripted', sha256: '0'.repeat(64) }),
    'manifest.json',
  );

test('an earlier image is a second input or a second channel, and the manifest asks for it', () => {
  const two = scripted({ ...pair, more: priors });
  expect(tensorsOf(two).channels).toEqual([['image'], ['prior']]);
  expect(two.priors).toEqual({ count: 1, modalities: [], sameBodyPart: true, absent: 'refuse' });
  const one = scripted({ inputs: { pair: ['image', 'prior'] }, more: priors });
  expect(tensorsOf(one)).toMatchObject({
    inputs: [{ name: 'pair', shape: [1, 2, 64, 64] }],
    channels: [['image', 'prior']],
  });
});

test.each<[string, Parameters<typeof scriptedManifest>[0], string]>([
  ['an earlier image that nobody asks for', pair, 'priors'],
  ['earlier images that no input shows', { inputs: { image: ['image'] }, more: priors }, 'priors'],
  ['no input that shows the image', { inputs: { earlier: ['prior'] }, more: priors }, 'one channel shows'],
  ['two channels of one image', { inputs: { image: ['red', 'green'] } }, 'one channel shows'],
  [
    'a mask without labels',
    { inputs: { image: ['image'] }, mask: [{ code: '1', display: 'x' }], more: { labels: [] } },
    'labels',
  ],
  [
    'labels of a probability',
    {
      inputs: { image: ['image'] },
      more: { labels: [{ code: '1', system: 'http://x.example', display: 'x' }] },
    },
    'labels',
  ],
])('a manifest with %s is refused', (_, given, names) => {
  expect(() => scripted(given)).toThrow(
    expect.objectContaining({ code: 'BH_MODEL_INVALID', detail: expect.stringContaining(names) }),
  );
});
