import { assert } from '../../core/assert.ts';
import { ownObjectScope } from '../../core/dicom-object.ts';
import type { Json } from '../../core/json.ts';
import type { StudyInstance } from '../../core/study.ts';
import { type StudyNotice, studyQueryContentType } from '../../core/study-query.ts';
import { parseStudyNotice } from '../../core/study-query-schema.ts';
import { siteSystems } from '../../mappings/identity/systems.ts';
import type { SiteSettings } from '../../mappings/site.ts';
import type { StepKind } from '../channel/catalog.ts';
import type { ProcessOutput, StepInput } from '../process/step.ts';
import { forgetInstances, takeNamed, takeSeen } from '../study/announced.ts';
import { onForget, onInstance, onNotice, onTimer, type StudyWord } from '../study/assembly.ts';
import {
  issueOfAnotherPatient,
  type MatchSettings,
  matchOf,
  matchOrder,
  matchReport,
  type OrderMatch,
} from '../study/match-order.ts';
import { jsonOf, parseInstance, parseStudyState } from '../study/stored.ts';
import { inAcquisitionOrder, instancesOf } from '../study/study-instances.ts';
import {
  type AssemblyStep,
  type Evidence,
  forcedTimer,
  forgetTimer,
  quietTimer,
  type StudyState,
} from '../study/study-state.ts';
import { studyCondition } from '../study/study-subject.ts';
import { type AssembleSettings, type Assembly, assembleSettings } from './assemble-settings.ts';

/**
 * `assemble`: instances become a study. The state is the study's, kept under its StudyInstanceUID; each instance is an item, so
 * that a study of 5,000 instances is not rewritten 5,000 times.
 */
export const assembleStudy = (site: SiteSettings): StepKind<AssembleSettings> => ({
  kind: 'assemble',
  settings: assembleSettings,
  create({ expect, proposals, ...given }, { channel }) {
    const systems = siteSystems(site);
    const assembly: Assembly = {
      ...given,
      ...(expect === undefined ? {} : { expect: studyCondition(expect) }),
    };
    const match = { systems, ...(proposals === undefined ? {} : { proposals }) };
    return {
      kind: 'assemble',
      takes: ['dicom', 'notice', 'timer'],
      asks:
        given.countFrom === undefined
          ? []
          : [{ destination: given.countFrom, contentType: studyQueryContentType }],
      apply(input, output) {
        const { kind, type } = input.message;
        const study = new Assembling({ channel, assembly, match }, input, output);
        if (kind === 'dicom') study.takeInstance();
        else if (kind === 'notice') study.takeNotice();
        else if (type === forgetTimer) study.forget();
        else if (type === quietTimer || type === forcedTimer) study.timer();
      },
    };
  },
});

/** What one message does to its study. */
class Assembling implements Evidence {
  readonly #channel: string;
  readonly #assembly: Assembly;
  readonly #match: MatchSettings;
  readonly #input: StepInput;
  readonly #output: ProcessOutput;
  #key = '';
  #state: StudyState | undefined;
  /** The instance in hand, which is not among the stored ones yet. */
  #taken: StudyInstance | undefined;

  constructor(
    own: { readonly channel: string; readonly assembly: Assembly; readonly match: MatchSettings },
    input: StepInput,
    output: ProcessOutput,
  ) {
    this.#channel = own.channel;
    this.#assembly = own.assembly;
    this.#match = own.match;
    this.#input = input;
    this.#output = output;
  }

  takeInstance(): void {
    const instance = parseInstance(this.#input.message);
    const { sopInstanceUid, studyInstanceUid: key } = instance;
    if (this.#isOwn(sopInstanceUid)) {
      this.#output.report.study = { study: key, ignored: 'the object was made by this engine' };
      return;
    }
    this.#open(key);
    this.#taken = instance;
    const taken = takeSeen(this.#input.state, this.#output, this.#channel, key, sopInstanceUid);
    const step = onInstance(this.#state, instance, taken, this.#assembly, this);
    this.#output.items.push({
      scope: this.#channel,
      key,
      itemKey: sopInstanceUid,
      value: jsonOf(instance),
    });
    this.#write(step);
  }

  takeNotice(): void {
    const notice = parseStudyNotice(this.#input.subject.json);
    this.#open(notice.studyInstanceUid);
    const word = wordOf(notice);
    if (word === null) return;
    const { state } = this.#input;
    const uids = 'sopInstanceUids' in notice ? (notice.sopInstanceUids ?? []) : [];
    const named = takeNamed(state, this.#output, this.#channel, this.#key, uids);
    const atMs = this.#input.message.receivedAtMs;
    const step = onNotice(this.#state, word, atMs, this.#assembly, this, named);
    if (step) this.#write(step);
    else this.#output.report.study = { study: this.#key, ignored: 'nothing is known of this study' };
  }

  timer(): void {
    this.#open(keyOf(this.#input));
    const { type, receivedAtMs } = this.#input.message;
    const step = onTimer(this.#state, type, receivedAtMs, this.#assembly, this);
    if (step) this.#write(step);
  }

  forget(): void {
    this.#open(keyOf(this.#input));
    const kept = onForget(this.#state);
    if (kept === null) return;
    forgetInstances(this.#input.state, this.#output, this.#channel, this.#key);
    if (kept !== 'nothing')
      this.#output.states.push({ scope: this.#channel, key: this.#key, value: jsonOf(kept) });
  }

  orderStatus(): 'completed' | 'cancelled' | undefined {
    const match = this.#matchOrder(this.#instances());
    return match.kind === 'matched' ? match.order.status : undefined;
  }

  isExpectedHere(): boolean | undefined {
    return this.#assembly.expect?.holds({ study: { instances: this.#instances() } });
  }

  #open(key: string): void {
    this.#key = key;
    this.#state = parseStudyState(this.#input.state.get(this.#channel, key));
  }

  /** Only a UID of ours can be one: `2.25.` and a UUID. */
  #isOwn(sopInstanceUid: string): boolean {
    if (!sopInstanceUid.startsWith('2.25.')) return false;
    return (this.#input.state.get(ownObjectScope, sopInstanceUid) ?? null) !== null;
  }

  #instances(): readonly StudyInstance[] {
    const stored = instancesOf(this.#input.state, this.#channel, this.#key);
    const taken = this.#taken;
    if (taken === undefined) return stored;
    const others = stored.filter(({ sopInstanceUid }) => sopInstanceUid !== taken.sopInstanceUid);
    return [...others, taken].sort(inAcquisitionOrder);
  }

  #write(step: AssemblyStep): void {
    const key = this.#key;
    const { timers, asks, completed } = step;
    let { state } = step;
    if (completed) state = { ...state, ...matchOf(this.#complete(step)) };
    else if (state.held !== undefined && state.held !== this.#state?.held)
      this.#output.report.study = { study: key, waits: state.held };
    this.#output.states.push({ scope: this.#channel, key, value: jsonOf(state) });
    for (const { name, dueAtMs } of timers) this.#output.timers.push({ key, name, dueAtMs });
    if (asks) this.#ask();
  }

  #complete({ state, completed }: AssemblyStep): OrderMatch {
    assert(completed, 'a step that completed a study says so');
    const { version, atMs: completedAtMs, signal } = completed;
    const instances = this.#instances();
    const match = this.#matchOrder(instances);
    this.#output.study = { studyInstanceUid: this.#key, version, instances, completedAtMs };
    const { missing = 0 } = state;
    this.#output.report.study = {
      study: this.#key,
      version,
      signal,
      instances: instances.length,
      ...(missing > 0 ? { missing } : {}),
      ...(this.#state?.held !== undefined && signal === 'forced' ? { waitedFor: this.#state.held } : {}),
    };
    if (match.kind !== 'none') this.#output.report.order = matchReport(match);
    if (match.kind === 'matched') this.#output.order = match.order;
    if (match.kind === 'mismatch') this.#output.report.issues = [issueOfAnotherPatient(match)];
    return match;
  }

  #matchOrder(instances: readonly StudyInstance[]): OrderMatch {
    return matchOrder(this.#input.state, { studyInstanceUid: this.#key, instances }, this.#match);
  }

  #ask(): void {
    const { countFrom } = this.#assembly;
    assert(countFrom !== undefined, 'an archive is asked only where one is named');
    const query: Json = { ask: 'count', studyInstanceUid: this.#key };
    this.#output.products.push({
      contentType: studyQueryContentType,
      bytes: new TextEncoder().encode(JSON.stringify(query)),
      keys: [`${this.#key}|count`],
      priority: 9,
      only: [countFrom],
      facts: { study: this.#key, ask: 'count' },
    });
  }
}

/** Null for a notice that says nothing about completeness. */
function wordOf(notice: StudyNotice): StudyWord | null {
  switch (notice.notice) {
    case 'mpps':
      return { kind: 'step', stepUid: notice.stepUid, status: notice.status };
    case 'ian':
      return { kind: 'ian' };
    case 'count':
      return { kind: 'count', count: notice.count };
    case 'manual':
      return { kind: 'manual' };
    default:
      return null;
  }
}

function keyOf({ message }: StepInput): string {
  const key = message.keys[0];
  assert(key !== undefined, 'a timer message carries its key');
  return key;
}
