export { createGrid, type GridOptions } from './grid-destination.ts';
export { type ModelManifest, modelIdentity, parseManifest } from './model-manifest.ts';
export {
  bundledModelsFolder,
  type InstalledModel,
  loadModels,
  type ModelRegistry,
} from './model-registry.ts';
export {
  createInferencePool,
  defaultWorkerCount,
  type InferencePool,
  type PoolJob,
  type PoolOptions,
  type PoolResult,
} from './pool.ts';
