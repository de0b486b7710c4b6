import type { DeliveryOutcome, LeasedDelivery } from '../core/delivery.ts';
import { BitHiveError } from '../core/errors.ts';
import type { Finding } from '../core/inference.ts';
import { limits } from '../core/limits.ts';
import type { Blobs } from '../core/ports/blobs.ts';
import type { Destination } from '../core/ports/destination.ts';
import { chooseImages } from './choose-images.ts';
import { findingArrival } from './finding-arrival.ts';
import { findingFrame } from './finding-frame.ts';
import { ImageRuns } from './image-runs.ts';
import { parseInferenceJob } from './inference-job.ts';
import type { ModelRegistry } from './model-registry.ts';
import { createInferencePool, type InferencePool, type PoolOptions } from './pool.ts';

export interface GridOptions extends PoolOptions {
  readonly models: ModelRegistry;
  readonly blobs: Blobs;
  /** The only model that this destination runs; absent: any of the registry. */
  readonly model?: string;
  /** A pool that several destinations share; its owner closes it. Absent: one of its own, closed with the destination. */
  readonly pool?: InferencePool;
  /** Jobs taken beyond one per worker, so that a worker that gets free finds the next one there. Default: half the workers, at least 1. */
  readonly prefetchJobs?: number;
}

/**
 * The inference grid as a destination: body an InferenceJob, answer a message of kind `finding`. A refusal (the image can't be decoded, is none
 * that the model was made for, or the model gave no number) is an answer too. Idempotent: an attempt whose outcome was lost is simply run again.
 */
export function createGrid(options: GridOptions): Destination {
  if (options.model !== undefined) options.models.get(options.model);
  const pool = options.pool ?? createInferencePool(options);
  const prefetchJobs = options.prefetchJobs ?? Math.max(1, pool.workers >> 1);
  return {
    kind: 'grid',
    target: `grid:${options.model ?? '*'}`,
    concurrency: pool.workers + prefetchJobs,
    async send(delivery, signal) {
      try {
        const finding = await findingOf(delivery, signal, { ...options, pool });
        return {
          kind: 'delivered',
          answer: await findingArrival(finding, options.blobs),
          note: noteOf(finding),
        };
      } catch (error) {
        if (error instanceof BitHiveError) return outcomeOf(error);
        throw error;
      }
    },
    close: () => (options.pool ? Promise.resolve() : pool.close()),
  };
}

type Grid = GridOptions & { readonly pool: InferencePool };

async function findingOf(delivery: LeasedDelivery, signal: AbortSignal, grid: Grid): Promise<Finding> {
  const { body } = delivery;
  const job = parseInferenceJob(body.kind === 'inline' ? body.bytes : await grid.blobs.read(body.hash));
  if (grid.model !== undefined && job.model !== grid.model)
    throw new BitHiveError('BH_MODEL_UNKNOWN', `this destination runs ${grid.model}, not ${job.model}`);
  const { manifest } = grid.models.get(job.model);
  const frame = findingFrame(job, manifest);
  const notRun = { ranAtMs: grid.clock.nowMs(), durationMs: 0 };

  const lost = lostAttempts(delivery);
  if (lost >= limits.inferenceLostAttemptsMax)
    return frame.refused(
      'BH_MODEL_WORKER',
      `the engine did not survive ${lost} attempts at this job`,
      notRun,
    );
  const isEach = manifest.images === 'each';
  const imagesMax = isEach ? limits.inferenceMaskedImagesMax : limits.inferenceImagesMax;
  const { images, leftOut } = chooseImages(job.study, manifest.accepts, imagesMax);
  if (images.length === 0)
    return frame.refused('BH_MODEL_INPUT', `the model takes no image of the study: ${leftOut}`, notRun);
  try {
    const runs = new ImageRuns({ ...grid, job, manifest, frame, signal });
    return isEach ? await runs.each(images) : await runs.first(images);
  } catch (error) {
    const killedBefore = delivery.lastError?.code === 'BH_MODEL_WORKER';
    if (killedBefore && error instanceof BitHiveError && error.code === 'BH_MODEL_WORKER')
      return frame.refused(error.code, `two workers in a row were lost on it; ${error.detail}`, notRun);
    throw error;
  }
}

/**
 * Attempts that were counted and never settled: the process ended while they ran. A job that takes the whole engine down (native code can)
 * must not do so for ever.
 */
function lostAttempts(delivery: LeasedDelivery): number {
  return delivery.lastError ? 0 : Math.max(0, delivery.attempts - 1);
}

function outcomeOf({ code, detail, entry }: BitHiveError): DeliveryOutcome {
  return { kind: entry.permanent ? 'dead' : 'retry', error: { code, detail } };
}

function noteOf(finding: Finding): string {
  if (finding.status === 'refused') return `${finding.code}: ${finding.reason}`;
  return `${finding.target.display} ${finding.probability.toFixed(4)}`;
}
