import {
  type AssemblySettings,
  type AssemblyStep,
  type Completion,
  type CompletionSignal,
  type Evidence,
  forcedTimer,
  forgetTimer,
  quietTimer,
  type StudyState,
} from './study-state.ts';

/** What is made of a silence: the study is whole, or something is still to come and it is looked at again. */
export type Silence =
  | { readonly kind: 'complete'; readonly signal: CompletionSignal }
  | {
      readonly kind: 'hold';
      readonly why: string;
      /** When to look again; absent: by the growing pause. */
      readonly waitMs?: number;
      /** The archive is asked how many there are. */
      readonly asks?: boolean;
    };

/**
 * A cancelled order brings no more images. One that is completed ends a procedure step that nobody closed, and an expectation; it
 * does not bring images that a device named, for these may be on their way.
 */
export function silenceSays(
  state: StudyState,
  nowMs: number,
  settings: AssemblySettings,
  evidence: Evidence,
): Silence {
  const running = Object.values(state.steps ?? {}).filter((status) => status === 'in progress').length;
  const missing = state.missing ?? 0;
  const isExpectedHere = evidence.isExpectedHere();
  if (running > 0 || missing > 0 || isExpectedHere === false) {
    const order = evidence.orderStatus();
    if (order === 'cancelled') return { kind: 'complete', signal: 'order' };
    if (missing > 0) return hold(`${missing} instances that were announced are not here`);
    if (order === 'completed') return { kind: 'complete', signal: 'order' };
    return hold(running > 0 ? 'a procedure step is in progress' : 'the expected series are not here');
  }
  if (settings.countWaitMs !== undefined) return archiveSays(state, nowMs, settings.countWaitMs);
  return { kind: 'complete', signal: isExpectedHere ? 'expected' : 'quiet' };
}

/** Silence counts when the archive, asked since the last instance came, has no more than are here. */
function archiveSays({ count, lastAtMs, instances }: StudyState, nowMs: number, waitMs: number): Silence {
  const isCurrent = count !== undefined && count.askedAtMs >= lastAtMs;
  if (!isCurrent) return { ...hold('the archive is asked how many there are'), waitMs, asks: true };
  if (count.answer === undefined) {
    if (nowMs >= count.askedAtMs + waitMs) {
      // One that does not answer holds nobody up, unless it said before that there is more.
      if ((count.before ?? 0) <= instances) return { kind: 'complete', signal: 'quiet' };
      return { ...hold(`the archive had ${count.before}, here are ${instances}`), asks: true };
    }
    return { ...hold('the archive has not answered'), waitMs: count.askedAtMs + waitMs - nowMs };
  }
  if (count.answer > instances)
    return { ...hold(`the archive has ${count.answer}, here are ${instances}`), asks: true };
  // An archive that knows nothing of the study is no witness.
  return { kind: 'complete', signal: count.answer > 0 ? 'count' : 'quiet' };
}

const hold = (why: string) => ({ kind: 'hold', why }) as const;

const pauseMsMax = 300_000;

/** A quarter of the silence so far: what ends it is seen soon after, and a study that waits for ninety minutes costs some thirty-five looks. */
export const pauseMs = ({ lastAtMs }: StudyState, nowMs: number, { quietMs }: AssemblySettings): number =>
  Math.max(quietMs, Math.min(pauseMsMax, Math.floor((nowMs - lastAtMs) / 4)));

/** How many completions of one study are told. */
const completionsMax = 16;

export function completedBy(
  { lookAtMs: _look, held: _held, count: _count, match: _match, ...state }: StudyState,
  signal: CompletionSignal,
  atMs: number,
  { forgetMs }: AssemblySettings,
): AssemblyStep {
  const version = state.version + 1;
  const completed: Completion = { version, atMs, signal, instances: state.instances };
  const completions = [...(state.completions ?? []), completed].slice(-completionsMax);
  return {
    state: { ...state, status: 'complete', version, completions },
    timers: [
      { name: quietTimer, dueAtMs: null },
      { name: forcedTimer, dueAtMs: null },
      { name: forgetTimer, dueAtMs: atMs + forgetMs },
    ],
    completed,
  };
}
