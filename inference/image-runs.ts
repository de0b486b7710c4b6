import { assert } from '../core/assert.ts';
import { BitHiveError } from '../core/errors.ts';
import type { Finding, FindingMask, FindingPriors, InferenceJob } from '../core/inference.ts';
import { limits } from '../core/limits.ts';
import type { Blobs } from '../core/ports/blobs.ts';
import type { StudyInstance } from '../core/study.ts';
import { choosePrior, type PriorChoice } from './choose-prior.ts';
import type { FindingFrame } from './finding-frame.ts';
import type { ModelManifest } from './model-manifest.ts';
import type { InferencePool, PoolResult } from './pool.ts';
import type { ImageSource } from './worker/protocol.ts';

export interface ImageRunsOptions {
  readonly job: InferenceJob;
  readonly manifest: ModelManifest;
  readonly frame: FindingFrame;
  readonly blobs: Blobs;
  readonly pool: InferencePool;
  readonly signal: AbortSignal;
}

interface Run {
  readonly image: StudyInstance;
  readonly result: Exclude<PoolResult, { kind: 'failed' }>;
  readonly priors?: FindingPriors;
}

/** Runs the images of one job through its model, one after another. What the grid itself failed at is thrown. */
export class ImageRuns {
  readonly #options: ImageRunsOptions;

  constructor(options: ImageRunsOptions) {
    this.#options = options;
  }

  /** The first image that the model gives an answer for, else the refusal of the best one. */
  async first(images: readonly StudyInstance[]): Promise<Finding> {
    let refusal: Finding | undefined;
    for (const image of images) {
      const run = await this.#run(image);
      if (run.result.kind === 'completed') return this.#completed([run]);
      refusal ??= this.#refused(run);
    }
    assert(refusal, 'a job with images ends in an answer or a refusal');
    return refusal;
  }

  /** Every image that the model gives an answer for, as one finding with the masks of all; without any the refusal of the best one. */
  async each(images: readonly StudyInstance[]): Promise<Finding> {
    const runs: Run[] = [];
    let refusal: Finding | undefined;
    for (const image of images) {
      const run = await this.#run(image);
      if (run.result.kind === 'completed') runs.push(run);
      else refusal ??= this.#refused(run);
    }
    if (runs.length > 0) return this.#completed(runs);
    assert(refusal, 'a job with images ends in an answer or a refusal');
    return refusal;
  }

  async #run(image: StudyInstance): Promise<Run> {
    const { job, manifest, pool, signal } = this.#options;
    const choice = manifest.priors && choosePrior(image, job, manifest);
    const prior = choice && (await this.#sourceOf(choice.image));
    const source = await this.#sourceOf(image);
    const request = { model: job.model, urgency: job.urgency, image: source, ...(prior ? { prior } : {}) };
    const result = await pool.run(request, signal);
    if (result.kind === 'failed') throw new BitHiveError(result.code, result.detail);
    const fault = result.kind === 'completed' ? result.priorFault : undefined;
    return { image, result, ...(manifest.priors ? { priors: this.#priorsOf(choice, fault) } : {}) };
  }

  #priorsOf(choice: PriorChoice | undefined, fault: string | undefined): FindingPriors {
    const { job } = this.#options;
    if (choice !== undefined && fault === undefined) return { used: [choice.used] };
    const fits = (job.priors ?? []).length > 0 ? 'no earlier image is one that the model takes' : 'none came';
    return { used: [], missing: fault ?? job.priorsMissing ?? fits };
  }

  /** The image that gave the highest number stands for the finding. */
  #completed(runs: readonly Run[]): Finding {
    const { frame } = this.#options;
    const answers = runs.flatMap(({ image, result, priors }) =>
      result.kind === 'completed' ? [{ image, result, priors }] : [],
    );
    const best = answers.reduce((one, other) =>
      other.result.probability > one.result.probability ? other : one,
    );
    const masks = answers.flatMap(({ image, result }) =>
      (result.masks ?? []).map((mask): FindingMask => ({ ...mask, sopInstanceUid: image.sopInstanceUid })),
    );
    const first = answers[0]?.result;
    assert(first, 'something was completed');
    const over = masksOverLimit(masks);
    if (over !== null) return frame.refused('BH_MODEL_OUTPUT', over, first, best.image);
    return frame.completed(best.image, {
      ranAtMs: first.ranAtMs,
      durationMs: answers.reduce((sum, { result }) => sum + result.durationMs, 0),
      probability: best.result.probability,
      ...(first.masks === undefined ? {} : { masks }),
      ...(best.priors === undefined ? {} : { priors: best.priors }),
    });
  }

  #refused({ image, result, priors }: Run): Finding {
    assert(result.kind === 'refused', 'this run was refused');
    const times = { ranAtMs: result.ranAtMs, durationMs: result.durationMs };
    return this.#options.frame.refused(
      result.code,
      result.detail,
      { ...times, ...(priors ? { priors } : {}) },
      image,
    );
  }

  /** The worker reads the file by itself where there is one, so that the bytes never pass the engine's loop. */
  async #sourceOf({ blob }: StudyInstance): Promise<ImageSource> {
    const { blobs } = this.#options;
    const path = blobs.pathOf(blob);
    if (path !== null) return { kind: 'file', path, sha256: blob };
    return { kind: 'bytes', bytes: await blobs.read(blob), sha256: blob };
  }
}

/** A finding with a part of its masks would pass for one with all of them. */
function masksOverLimit(masks: readonly FindingMask[]): string | null {
  const bytes = masks.reduce((sum, { rows, columns }) => sum + Math.ceil((rows * columns) / 8), 0);
  if (masks.length <= limits.findingMasksMax && bytes <= limits.findingMaskBytesMax) return null;
  return `${masks.length} masks of together ${bytes} bytes; at most ${limits.findingMasksMax} of ${limits.findingMaskBytesMax} bytes are kept`;
}
