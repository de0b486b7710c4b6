import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { StudyInstance } from '../../core/study.ts';

/**
 * Study assembly as a state machine: pure, fed by instances and timers.
 *
 * ```
 *          instance              quiet or forced time
 *   (none) ───────▶ open ─────────────────────────────▶ complete (version n)
 *                    ▲  ╰─ instance: quiet time anew        │
 *                    ╰────────── late instance ◀────────────╯   (reopened: version n+1 follows)
 * ```
 * DICOM clients cannot say that a study is whole, so silence is the signal; `forcedMs` bounds a study that never falls silent.
 */
export interface StudyState {
  readonly status: 'open' | 'complete';
  /** How often it was complete. */
  readonly version: number;
  readonly instances: number;
  readonly openedAtMs: number;
  readonly lastAtMs: number;
  readonly accessionNumber?: string;
  readonly patientId?: string;
}

export interface AssemblySettings {
  /** Silence after which a study is complete. */
  readonly quietMs: number;
  /** A study is judged complete this long after it was opened, silent or not. */
  readonly forcedMs: number;
  /** What is known of the instances of a complete study is kept this long for late ones. */
  readonly forgetMs: number;
}

export const quietTimer = 'study-quiet';
export const forcedTimer = 'study-forced';
export const forgetTimer = 'study-forget';

export interface AssemblyTimer {
  readonly name: typeof quietTimer | typeof forcedTimer | typeof forgetTimer;
  readonly dueAtMs: number | null;
}

export interface AssemblyStep {
  readonly state: StudyState;
  readonly timers: readonly AssemblyTimer[];
}

/** An instance came in. `isNew` is false for one whose SOP Instance UID the study already holds. */
export function onInstance(
  state: StudyState | undefined,
  instance: StudyInstance,
  isNew: boolean,
  settings: AssemblySettings,
): AssemblyStep {
  const atMs = instance.receivedAtMs;
  const opens = state === undefined || state.status === 'complete';
  const count = (state?.instances ?? 0) + (isNew ? 1 : 0);
  if (count > limits.studyInstancesMax) {
    throw new BitHiveError('BH_STUDY_LIMIT', `over ${limits.studyInstancesMax} instances`);
  }
  const next: StudyState = {
    status: 'open',
    version: state?.version ?? 0,
    instances: count,
    openedAtMs: opens ? atMs : state.openedAtMs,
    lastAtMs: Math.max(atMs, state?.lastAtMs ?? 0),
    ...first('accessionNumber', state?.accessionNumber, instance.accessionNumber),
    ...first('patientId', state?.patientId, instance.patientId),
  };
  const timers: AssemblyTimer[] = [{ name: quietTimer, dueAtMs: next.lastAtMs + settings.quietMs }];
  if (opens) timers.push({ name: forcedTimer, dueAtMs: atMs + settings.forcedMs });
  return { state: next, timers };
}

/**
 * A timer fired. It is out of date when an instance that came meanwhile has moved it, or when the channel waits longer now than it did when
 * the timer was set; then the study stays open and both timers are set anew, so that none is ever missing. Null when the study
 * is not open.
 */
export function onTimer(
  state: StudyState | undefined,
  name: string,
  firedAtMs: number,
  settings: AssemblySettings,
): AssemblyStep | null {
  if (state?.status !== 'open') return null;
  const quietAtMs = state.lastAtMs + settings.quietMs;
  const forcedAtMs = state.openedAtMs + settings.forcedMs;
  const isQuiet = name === quietTimer && firedAtMs >= quietAtMs;
  const isForced = name === forcedTimer && firedAtMs >= forcedAtMs;
  if (!isQuiet && !isForced) {
    const timers = [
      { name: quietTimer, dueAtMs: quietAtMs },
      { name: forcedTimer, dueAtMs: forcedAtMs },
    ] as const;
    return { state, timers };
  }
  return {
    state: { ...state, status: 'complete', version: state.version + 1 },
    timers: [
      { name: quietTimer, dueAtMs: null },
      { name: forcedTimer, dueAtMs: null },
      { name: forgetTimer, dueAtMs: firedAtMs + settings.forgetMs },
    ],
  };
}

/**
 * What stays of a study whose instances are forgotten: no patient, only how often it was complete, so that a report on images that come
 * even later never passes for an earlier version. Null while instances are awaited.
 */
export function onForget(state: StudyState | undefined): StudyState | null {
  if (state?.status !== 'complete' || state.instances === 0) return null;
  const { status, version, openedAtMs, lastAtMs } = state;
  return { status, version, instances: 0, openedAtMs, lastAtMs };
}

function first<K extends string>(name: K, ...values: (string | undefined)[]): { [P in K]?: string } {
  const value = values.find((candidate) => candidate !== undefined && candidate !== '');
  return (value === undefined ? {} : { [name]: value }) as { [P in K]?: string };
}
