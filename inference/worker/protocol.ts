import type { ErrorCode } from '../../core/errors.ts';
import type { FindingMask } from '../../core/inference.ts';
import type { InstalledModel } from '../model-registry.ts';

/** What a worker is born with. The set of models does not change while it lives. */
export interface WorkerBirth {
  readonly models: readonly InstalledModel[];
}

/** A DICOM object, as the path of its blob (the worker reads it) or as its bytes, with the hash that they must have. */
export type ImageSource =
  | { readonly kind: 'file'; readonly path: string; readonly sha256: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly sha256: string };

export interface RunRequest {
  readonly id: number;
  readonly model: string;
  readonly image: ImageSource;
  /** An earlier image, for a model that compares. */
  readonly prior?: ImageSource;
}

/** A mask of the image that was run; whoever asked knows which that is. */
export type ImageMask = Omit<FindingMask, 'sopInstanceUid'>;

/**
 * - `completed`: what the model gave.
 * - `refused`: the image or the output is not one to report; the same image is refused again.
 * - `failed`: the run did not come about (blob unreadable, model file changed).
 */
export type RunResult =
  | {
      readonly kind: 'completed';
      readonly probability: number;
      readonly masks?: readonly ImageMask[];
      /** Why the earlier image was not used, where one was given. */
      readonly priorFault?: string;
    }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly detail: string }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly detail: string };

/** From worker to pool: `ready` once, then one `answer` for each request. */
export type WorkerMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly id: number; readonly result: RunResult };
