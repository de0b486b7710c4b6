import type { InstanceFacts } from '../../../core/study.ts';
import type { SentBy, SentInstance, SentStudy, TurnBackOptions } from '../../../mappings/deidentify/index.ts';

/** One result to be turned back. */
export interface TurnBackRequest extends Pick<TurnBackOptions, 'documents'> {
  readonly bytes: Uint8Array;
}

/** It under the names of the hospital. */
export interface TurnedBack {
  readonly bytes: Uint8Array;
  readonly facts: InstanceFacts;
}

/** What of a `SentStudy` can be told to another thread. */
export interface SentStudyNote extends SentBy, Pick<SentStudy, 'studyInstanceUid' | 'sentFromMs'> {
  /** What its pseudonyms were made by; the thread is part of this process. */
  readonly secret: string;
}

export type SentInstanceNote = Pick<
  SentInstance,
  'sopInstanceUid' | 'seriesInstanceUid' | 'accessionNumber' | 'patient'
>;

/** The file in which an original is. */
export interface OriginalBody {
  readonly path: string;
  readonly bytesCount: number;
}

/**
 * What the thread asks the engine: first which study it is, then about that study. Places count from 0 in the order in which `instances` gives them. Each
 * throws what the store throws.
 */
export type TurnBackAnswers = {
  /** By the UID under which it left. Throws BH_REIDENTIFY_UNCERTAIN where it left by rules that contradict each other. */
  readonly study: (sentStudyUid: string) => Promise<SentStudyNote | undefined>;
  /** Its objects from this place on, `limits.reidentifyInstancesAtOnce` at most; none when there are no more. */
  readonly instances: (from: number) => Promise<readonly SentInstanceNote[]>;
  /** Whether an object of this name, of whatever study, left, or may have. */
  readonly wasSent: (sopInstanceUid: string) => Promise<boolean>;
  readonly instanceWasSent: (place: number) => Promise<boolean>;
  readonly original: (place: number) => Promise<OriginalBody>;
};
