import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { ModelRuntime, ModelSession } from '../../core/ports/model-runtime.ts';
import { type InstalledModel, verifyModelFile } from '../model-registry.ts';
import { type ModelTensors, tensorsOf } from '../model-tensors.ts';

export interface OpenModel {
  readonly model: InstalledModel;
  readonly session: ModelSession;
  readonly tensors: ModelTensors;
}

/** The sessions that one worker holds open; past `limits.inferenceSessionsMax` the one unused for longest is closed. */
export interface SessionShelf {
  /** Throws BH_MODEL_UNKNOWN, BH_MODEL_INVALID. */
  open(name: string): Promise<OpenModel>;
}

export function openSessionShelf(models: readonly InstalledModel[], runtime: ModelRuntime): SessionShelf {
  const opened = new Map<string, OpenModel>();
  return {
    async open(name) {
      const held = opened.get(name);
      if (held) {
        // A Map iterates in order of insertion, so what is put back last is the most recently used.
        opened.delete(name);
        opened.set(name, held);
        return held;
      }
      const model = models.find(({ manifest }) => manifest.name === name);
      if (!model) throw new BitHiveError('BH_MODEL_UNKNOWN', `no model is named ${name}`);
      // The file may have changed since the start of the engine; what runs must be what was evaluated.
      await verifyModelFile(model);
      const tensors = tensorsOf(model.manifest);
      const session = await runtime.open(model.onnxPath, tensors);
      const entry = { model, session, tensors };
      opened.set(name, entry);
      await closeOldest(opened);
      return entry;
    },
  };
}

async function closeOldest(opened: Map<string, OpenModel>): Promise<void> {
  for (const [name, { session }] of opened) {
    if (opened.size <= limits.inferenceSessionsMax) return;
    opened.delete(name);
    await session.close();
  }
}
