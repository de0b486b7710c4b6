import type { ErrorCode } from '../core/errors.ts';
import type {
  CompletedFinding,
  FindingMask,
  FindingPriors,
  InferenceJob,
  RefusedFinding,
} from '../core/inference.ts';
import type { StudyInstance } from '../core/study.ts';
import { type ModelManifest, modelIdentity } from './model-manifest.ts';

export interface RunTimes {
  readonly ranAtMs: number;
  readonly durationMs: number;
}

export interface CompletedRun extends RunTimes {
  readonly probability: number;
  readonly masks?: readonly FindingMask[];
  readonly priors?: FindingPriors;
}

/** Writes the findings of one job: what they share (study, order, model) is said once. */
export interface FindingFrame {
  completed(image: StudyInstance, run: CompletedRun): CompletedFinding;
  /** `image` is left out when no image came as far as the model. */
  refused(
    code: ErrorCode,
    reason: string,
    run: RunTimes & { readonly priors?: FindingPriors },
    image?: StudyInstance,
  ): RefusedFinding;
}

export function findingFrame(job: InferenceJob, manifest: ModelManifest): FindingFrame {
  const shared = {
    study: job.study,
    ...(job.order ? { order: job.order } : {}),
    model: modelIdentity(manifest),
  };
  const { target, threshold } = manifest;
  return {
    completed: (image, { ranAtMs, durationMs, probability, masks, priors }) => ({
      ...shared,
      ranAtMs,
      durationMs,
      status: 'completed',
      sopInstanceUid: image.sopInstanceUid,
      target,
      probability,
      threshold,
      positive: probability >= threshold,
      ...(masks === undefined ? {} : { masks }),
      ...(priors === undefined ? {} : { priors }),
    }),
    refused: (code, reason, { ranAtMs, durationMs, priors }, image) => ({
      ...shared,
      ranAtMs,
      durationMs,
      status: 'refused',
      ...(image ? { sopInstanceUid: image.sopInstanceUid } : {}),
      code,
      reason,
      ...(priors === undefined ? {} : { priors }),
    }),
  };
}
