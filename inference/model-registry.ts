import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BitHiveError } from '../core/errors.ts';
import { type ModelManifest, parseManifest } from './model-manifest.ts';

/** A model whose file was hashed and found to be the one that its manifest names. */
export interface InstalledModel {
  readonly manifest: ModelManifest;
  /** Path of the ONNX file. */
  readonly onnxPath: string;
}

/** The models that this engine may run. Fixed from start to stop: another set is another start. */
export interface ModelRegistry {
  readonly models: readonly InstalledModel[];
  /** Throws BH_MODEL_UNKNOWN and names those that there are. */
  get(name: string): InstalledModel;
}

/** The folder of the models that come with the engine; beside this file in the source tree and in dist alike. */
export function bundledModelsFolder(): string {
  return fileURLToPath(new URL('./models', import.meta.url));
}

/**
 * Loads every sub-folder that holds a `manifest.json`. Nothing is downloaded: what is not in a folder does not exist.
 * Throws BH_MODEL_INVALID for a folder that is not there, a manifest that does not fit, a file with another hash, a name used twice.
 */
export async function loadModels(folders: readonly string[]): Promise<ModelRegistry> {
  const models: InstalledModel[] = [];
  for (const folder of folders) models.push(...(await loadFolder(folder)));
  const byName = new Map<string, InstalledModel>();
  for (const model of models) {
    const { name } = model.manifest;
    if (byName.has(name)) throw new BitHiveError('BH_MODEL_INVALID', `two models are named ${name}`);
    byName.set(name, model);
  }
  return {
    models,
    get(name) {
      const model = byName.get(name);
      if (model) return model;
      const known = [...byName.keys()].join(', ') || 'none';
      throw new BitHiveError('BH_MODEL_UNKNOWN', `no model is named ${name}; installed: ${known}`);
    },
  };
}

async function loadFolder(folder: string): Promise<InstalledModel[]> {
  if (!existsSync(folder)) throw new BitHiveError('BH_MODEL_INVALID', `no model folder at ${folder}`);
  const names = (await readdir(folder)).sort();
  const held = names.filter((name) => existsSync(join(folder, name, 'manifest.json')));
  return Promise.all(held.map((name) => loadModel(join(folder, name))));
}

async function loadModel(folder: string): Promise<InstalledModel> {
  const manifestPath = join(folder, 'manifest.json');
  const manifest = parseManifest(await readFile(manifestPath, 'utf8'), manifestPath);
  const onnxPath = join(folder, manifest.file);
  await verifyModelFile({ manifest, onnxPath });
  return { manifest, onnxPath };
}

/** Throws BH_MODEL_INVALID when the file is missing or is not the one that was evaluated. */
export async function verifyModelFile(model: InstalledModel): Promise<void> {
  const { manifest, onnxPath } = model;
  let bytes: Uint8Array;
  try {
    bytes = await readFile(onnxPath);
  } catch (error) {
    throw new BitHiveError('BH_MODEL_INVALID', `${manifest.name}: ${onnxPath} can't be read`, {
      cause: error,
    });
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== manifest.sha256)
    throw new BitHiveError(
      'BH_MODEL_INVALID',
      `${manifest.name}: ${onnxPath} has SHA-256 ${sha256}, its manifest says ${manifest.sha256}`,
    );
}
