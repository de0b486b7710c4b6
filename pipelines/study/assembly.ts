import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { StudyInstance } from '../../core/study.ts';
import { completedBy, pauseMs, silenceSays } from './silence.ts';
import {
  type AssemblySettings,
  type AssemblyStep,
  type AssemblyTimer,
  type Evidence,
  forcedTimer,
  quietTimer,
  type StepStatus,
  type StudyState,
} from './study-state.ts';

/**
 * Study assembly as a state machine: pure, fed by instances, notices and timers.
 *
 * ```
 *           notice               instance               a signal says that it is whole
 *   (none) ───────▶ awaited ───────────────▶ open ─────────────────────────────▶ complete (version n)
 *      ╰──────────── instance ───────────────▲  ╰─ silence, but more is awaited:      │
 *                                            │     looked at again, up to forcedMs    │
 *                                            ╰──────────── late instance ◀────────────╯   (version n+1 follows)
 * ```
 * DICOM clients cannot say that a study is whole, so silence is the signal that always works; the others bring it forward, or tell that
 * a silence is a pause. `forcedMs` bounds a study that never falls silent or for which somebody waits in vain.
 */

/** An instance came in. */
export interface Taken {
  /** False for one whose SOP Instance UID the study already holds. */
  readonly isNew: boolean;
  /** A procedure step or an archive had named it. */
  readonly wasAwaited: boolean;
}

export function onInstance(
  state: StudyState | undefined,
  instance: StudyInstance,
  { isNew, wasAwaited }: Taken,
  settings: AssemblySettings,
  evidence: Evidence,
): AssemblyStep {
  const atMs = instance.receivedAtMs;
  const opens = state?.status !== 'open';
  const instances = (state?.instances ?? 0) + (isNew ? 1 : 0);
  if (instances > limits.studyInstancesMax) {
    throw new BitHiveError('BH_STUDY_LIMIT', `over ${limits.studyInstancesMax} instances`);
  }
  const missing = Math.max(0, (state?.missing ?? 0) - (wasAwaited ? 1 : 0));
  const { lookAtMs: _look, held: _held, count, ...known } = state ?? blank(atMs);
  const catchesUp = !opens && count?.isAhead === true && instances >= (count.answer ?? 0);
  const asks = settings.countWaitMs !== undefined && (opens || catchesUp);
  const next: StudyState = {
    ...known,
    status: 'open',
    instances,
    openedAtMs: opens ? atMs : known.openedAtMs,
    lastAtMs: Math.max(atMs, known.lastAtMs),
    ...(state?.missing === undefined ? {} : { missing }),
    ...(asks ? { count: { askedAtMs: atMs, decides: !opens } } : count && !opens ? { count } : {}),
    ...first('accessionNumber', state?.accessionNumber, instance.accessionNumber),
    ...first('patientId', state?.patientId, instance.patientId),
  };
  if (wasAwaited && isAnnouncedHere(next) && evidence.isExpectedHere() !== false)
    return completedBy(next, stepsOf(next).length > 0 ? 'mpps' : 'ian', atMs, settings);
  const timers: AssemblyTimer[] = [{ name: quietTimer, dueAtMs: next.lastAtMs + settings.quietMs }];
  if (opens) timers.push({ name: forcedTimer, dueAtMs: atMs + settings.forcedMs });
  return asks ? { state: next, timers, asks } : { state: next, timers };
}

/** What a notice says of a study; `missing` counts the instances that it is the first to name and that are not here. */
export type StudyWord =
  | { readonly kind: 'step'; readonly stepUid: string; readonly status: StepStatus }
  | { readonly kind: 'ian' }
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'manual' };

export interface Named {
  readonly named: number;
  readonly missing: number;
}

const nothingNamed: Named = { named: 0, missing: 0 };

export function onNotice(
  state: StudyState | undefined,
  word: StudyWord,
  atMs: number,
  settings: AssemblySettings,
  evidence: Evidence,
  { named, missing }: Named = nothingNamed,
): AssemblyStep | null {
  if (state === undefined && (word.kind === 'manual' || word.kind === 'count')) return null;
  const before = state ?? blank(atMs);
  const next: StudyState = {
    ...before,
    ...(named > 0 ? { announced: true, missing: (before.missing ?? 0) + missing } : {}),
    ...(word.kind === 'step' ? { steps: withStep(before.steps ?? {}, word.stepUid, word.status) } : {}),
    ...(word.kind === 'count' && before.count
      ? { count: { ...before.count, answer: word.count, isAhead: word.count > before.instances } }
      : {}),
  };
  // Nobody else would end what is remembered of a study that has no instances.
  if (next.instances === 0) return { state: next, timers: [forgetAt(atMs, settings)] };
  if (next.status === 'complete') return { state: next, timers: [] };
  switch (word.kind) {
    case 'manual':
      return completedBy(next, 'manual', atMs, settings);
    case 'step':
    case 'ian':
      if (!isAnnouncedHere(next) || evidence.isExpectedHere() === false) break;
      return completedBy(next, word.kind === 'ian' ? 'ian' : 'mpps', atMs, settings);
    case 'count': {
      const isMet = word.count > 0 && next.instances >= word.count;
      const isDecided = next.count?.decides === true && next.count.askedAtMs >= next.lastAtMs;
      if (!isMet || !isDecided || isAwaiting(next) || evidence.isExpectedHere() === false) break;
      return completedBy(next, 'count', atMs, settings);
    }
  }
  return { state: next, timers: [] };
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
  evidence: Evidence,
): AssemblyStep | null {
  if (state?.status !== 'open') return null;
  const forcedAtMs = state.openedAtMs + settings.forcedMs;
  if (name === forcedTimer && firedAtMs >= forcedAtMs)
    return completedBy(state, 'forced', firedAtMs, settings);
  const quietAtMs = state.lookAtMs ?? state.lastAtMs + settings.quietMs;
  const both = (next: StudyState, dueAtMs: number): AssemblyStep => ({
    state: next,
    timers: [
      { name: quietTimer, dueAtMs },
      { name: forcedTimer, dueAtMs: forcedAtMs },
    ],
  });
  if (name !== quietTimer || firedAtMs < quietAtMs) return both(state, quietAtMs);
  const said = silenceSays(state, firedAtMs, settings, evidence);
  if (said.kind === 'complete') return completedBy(state, said.signal, firedAtMs, settings);
  const lookAtMs = firedAtMs + (said.waitMs ?? pauseMs(state, firedAtMs, settings));
  const held: StudyState = { ...state, lookAtMs, held: said.why };
  if (!said.asks) return both(held, lookAtMs);
  const before = state.count?.answer ?? state.count?.before;
  const count = { askedAtMs: firedAtMs, decides: true, ...(before === undefined ? {} : { before }) };
  return { ...both({ ...held, count }, lookAtMs), asks: true };
}

/**
 * What stays of a study whose instances are forgotten: no patient, only how often it was complete, so that a report on images that come
 * even later never passes for an earlier version. `nothing` for one that was announced and never came; null while instances come in.
 */
export function onForget(state: StudyState | undefined): StudyState | 'nothing' | null {
  if (state?.status === 'awaited') return 'nothing';
  if (state?.status !== 'complete') return null;
  const { status, version, openedAtMs, lastAtMs } = state;
  return { status, version, instances: 0, openedAtMs, lastAtMs };
}

const blank = (atMs: number): StudyState => ({
  status: 'awaited',
  version: 0,
  instances: 0,
  openedAtMs: atMs,
  lastAtMs: atMs,
});

const forgetAt = (atMs: number, { forgetMs }: AssemblySettings): AssemblyTimer => ({
  name: 'study-forget',
  dueAtMs: atMs + forgetMs,
});

const stepsOf = ({ steps = {} }: StudyState): readonly StepStatus[] => Object.values(steps);

/** A device works on it, or named instances that are not here. */
const isAwaiting = (state: StudyState): boolean =>
  stepsOf(state).includes('in progress') || (state.missing ?? 0) > 0;

/** Everything that was announced is here, and no device says that it goes on. */
const isAnnouncedHere = (state: StudyState): boolean => state.announced === true && !isAwaiting(state);

function withStep(
  steps: NonNullable<StudyState['steps']>,
  stepUid: string,
  status: StepStatus,
): NonNullable<StudyState['steps']> {
  const known = steps[stepUid];
  if (known !== undefined && known !== 'in progress') return steps;
  if (known === undefined && Object.keys(steps).length >= limits.studyStepsMax) return steps;
  return { ...steps, [stepUid]: status };
}

function first<K extends string>(name: K, ...values: (string | undefined)[]): { [P in K]?: string } {
  const value = values.find((candidate) => candidate !== undefined && candidate !== '');
  return (value === undefined ? {} : { [name]: value }) as { [P in K]?: string };
}
