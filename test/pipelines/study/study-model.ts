import type { BlobHash } from '../../../core/ids.ts';
import type { StudyInstance } from '../../../core/study.ts';
import {
  onForget,
  onInstance,
  onNotice,
  onTimer,
  type StudyWord,
} from '../../../pipelines/study/assembly.ts';
import {
  type AssemblySettings,
  type AssemblyStep,
  type Completion,
  type Evidence,
  forgetTimer,
  type StudyState,
} from '../../../pipelines/study/study-state.ts';

export const settings: AssemblySettings = { quietMs: 5_000, forcedMs: 600_000, forgetMs: 86_400_000 };

export const instanceOf = (sop: string, receivedAtMs: number, modality = 'CT'): StudyInstance => ({
  sopInstanceUid: sop,
  sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
  transferSyntaxUid: '1.2.840.10008.1.2.1',
  studyInstanceUid: '1.2.3',
  seriesInstanceUid: '1.2.3.1',
  modality,
  blob: 'a'.repeat(64) as BlobHash,
  bytesCount: 1,
  receivedAtMs,
});

/** One study with its timers, as the step and the store keep them; time passes when the test says so. */
export class StudyModel {
  readonly settings: AssemblySettings;
  readonly here = new Set<string>();
  readonly awaited = new Set<string>();
  readonly timers = new Map<string, number>();
  readonly completions: (Completion & { readonly held: readonly string[] })[] = [];
  state: StudyState | undefined;
  order: 'completed' | 'cancelled' | undefined;
  expected: boolean | undefined;
  asked = 0;
  nowMs = 1_000_000;
  readonly #evidence: Evidence = {
    orderStatus: () => this.order,
    isExpectedHere: () => this.expected,
  };

  constructor(given: Partial<AssemblySettings> = {}) {
    this.settings = { ...settings, ...given };
  }

  instance(sop: string): void {
    const taken = { isNew: !this.here.has(sop), wasAwaited: this.awaited.delete(sop) };
    this.here.add(sop);
    this.#apply(onInstance(this.state, instanceOf(sop, this.nowMs), taken, this.settings, this.#evidence));
  }

  notice(word: StudyWord, uids: readonly string[] = []): void {
    const missing = uids.filter((uid) => !this.here.has(uid) && !this.awaited.has(uid));
    for (const uid of missing) this.awaited.add(uid);
    const named = { named: uids.length, missing: missing.length };
    this.#apply(onNotice(this.state, word, this.nowMs, this.settings, this.#evidence, named));
  }

  step(
    stepUid: string,
    status: 'in progress' | 'completed' | 'discontinued',
    uids: readonly string[] = [],
  ): void {
    this.notice({ kind: 'step', stepUid, status }, uids);
  }

  pass(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (;;) {
      const next = [...this.timers].sort((a, b) => a[1] - b[1])[0];
      if (next === undefined || next[1] > untilMs) break;
      const [name, dueAtMs] = next;
      this.timers.delete(name);
      this.nowMs = Math.max(this.nowMs, dueAtMs);
      this.fire(name);
    }
    this.nowMs = untilMs;
  }

  fire(name: string): void {
    if (name !== forgetTimer) {
      this.#apply(onTimer(this.state, name, this.nowMs, this.settings, this.#evidence));
      return;
    }
    const kept = onForget(this.state);
    if (kept === null) return;
    this.here.clear();
    this.awaited.clear();
    this.state = kept === 'nothing' ? undefined : kept;
  }

  get signals(): readonly string[] {
    return this.completions.map(({ signal }) => signal);
  }

  #apply(step: AssemblyStep | null): void {
    if (step === null) return;
    // What the store keeps is JSON.
    this.state = JSON.parse(JSON.stringify(step.state)) as StudyState;
    for (const { name, dueAtMs } of step.timers) {
      if (dueAtMs === null) this.timers.delete(name);
      else this.timers.set(name, dueAtMs);
    }
    if (step.asks) this.asked += 1;
    if (step.completed) this.completions.push({ ...step.completed, held: [...this.here] });
  }
}
