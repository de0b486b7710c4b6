import type { StudyNotice } from '../../core/study-query.ts';

/** What can say that a study is complete. */
export const completionSignals = [
  'quiet',
  'forced',
  'count',
  'mpps',
  'ian',
  'order',
  'expected',
  'manual',
] as const;
export type CompletionSignal = (typeof completionSignals)[number];

/** Status of a modality's procedure step (0040,0252). One that ended never goes back (PS3.4 F.7.2.2). */
export type StepStatus = Extract<StudyNotice, { notice: 'mpps' }>['status'];

/** One time that the study was judged complete. */
export interface Completion {
  readonly version: number;
  readonly atMs: number;
  readonly signal: CompletionSignal;
  readonly instances: number;
}

/** Which order the study was found to be of, when it was complete. */
export interface StudyMatch {
  readonly kind: 'matched' | 'mismatch' | 'proposed';
  readonly by: string;
  readonly accessionNumber: string;
  readonly messageId: number;
  /** What of the patient's identity differs, without its value. */
  readonly differs: readonly string[];
}

/** How many instances an archive holds of the study, as far as it was asked. */
export interface ArchiveCount {
  readonly askedAtMs: number;
  /** Asked in silence, or when all were here that it had counted before: an answer that is met then completes the study. */
  readonly decides: boolean;
  readonly answer?: number;
  /** Its answer to the question before. */
  readonly before?: number;
  /** It had more than were here when it answered: once these are here, it is asked again. */
  readonly isAhead?: boolean;
}

/**
 * - *awaited*: announced by a procedure step or an archive, no instance is here yet.
 * - *open*: instances come in.
 * - *complete*: judged whole, `version` times so far; a late instance opens it again.
 */
export interface StudyState {
  readonly status: 'awaited' | 'open' | 'complete';
  readonly version: number;
  readonly instances: number;
  readonly openedAtMs: number;
  readonly lastAtMs: number;
  readonly accessionNumber?: string;
  readonly patientId?: string;
  /** When silence is looked at again, because something spoke against it the last time. */
  readonly lookAtMs?: number;
  /** What spoke against it. */
  readonly held?: string;
  /** Procedure steps by their UID. */
  readonly steps?: { readonly [stepUid: string]: StepStatus };
  /** A step or an archive named instances. */
  readonly announced?: boolean;
  /** Of these, so many are not here. */
  readonly missing?: number;
  readonly count?: ArchiveCount;
  /** The order of the newest version. */
  readonly match?: StudyMatch;
  /** The newest ones. */
  readonly completions?: readonly Completion[];
}

export interface AssemblySettings {
  /** Silence after which a study is complete. */
  readonly quietMs: number;
  /** A study is judged complete this long after it was opened, silent or not, whatever else is awaited. */
  readonly forcedMs: number;
  /** What is known of the instances of a complete study is kept this long for late ones. */
  readonly forgetMs: number;
  /** An archive is asked how many instances there are; it gets this long to answer. */
  readonly countWaitMs?: number;
}

export const quietTimer = 'study-quiet';
export const forcedTimer = 'study-forced';
export const forgetTimer = 'study-forget';

export interface AssemblyTimer {
  readonly name: typeof quietTimer | typeof forcedTimer | typeof forgetTimer;
  readonly dueAtMs: number | null;
}

/** What one event does to a study. */
export interface AssemblyStep {
  readonly state: StudyState;
  readonly timers: readonly AssemblyTimer[];
  /** The archive is to be asked for its count. */
  readonly asks?: boolean;
  /** Set when this event completed the study. */
  readonly completed?: Completion;
}

/** What is asked of the world only when it matters, since each answer costs a read. */
export interface Evidence {
  /** The study's order has ended, by the words of the order's own system. */
  orderStatus(): 'completed' | 'cancelled' | undefined;
  /** The series that the channel expects are here; undefined when it expects none. */
  isExpectedHere(): boolean | undefined;
}
