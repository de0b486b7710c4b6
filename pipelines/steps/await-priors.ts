import { type OrderFacts, urgencyPriority } from '../../core/order.ts';
import type { Study } from '../../core/study.ts';
import { type PriorStudy, studyQueryContentType } from '../../core/study-query.ts';
import { parseStudyNotice } from '../../core/study-query-schema.ts';
import type { ProcessOutput, StepInput } from '../process/step.ts';
import {
  type PriorNeeds,
  type PriorsState,
  parsePriorsState,
  priorsFor,
  priorsJson,
  priorsQuery,
  priorsTimer,
} from '../study/priors.ts';
import { priorsScope } from '../study/scopes.ts';
import { parseStoredInstance, parseStudyState } from '../study/stored.ts';
import { instancesOf } from '../study/study-instances.ts';

export interface JobPriors {
  readonly priors: readonly PriorStudy[];
  /** Why there are fewer than the model asks for. */
  readonly missing?: string;
}

/** Sends a model its job. */
export type RunModel = (
  model: string,
  study: Study,
  order: OrderFacts | undefined,
  priors?: JobPriors,
) => void;

export interface AwaitedPriorsOptions {
  readonly channel: string;
  readonly priorsFrom: string | undefined;
  readonly priorsWaitMs: number;
  readonly needsOf: (model: string) => PriorNeeds | undefined;
  readonly input: StepInput;
  readonly output: ProcessOutput;
}

/**
 * Models that compare with earlier studies: the archive is asked, their jobs wait as a state with a timer, and are run when the answer comes
 * or the time is over. What came is kept with the study, so that a later version of it does not ask again.
 */
export class AwaitedPriors {
  readonly #options: AwaitedPriorsOptions;
  readonly #scope: string;

  constructor(options: AwaitedPriorsOptions) {
    this.#options = options;
    this.#scope = priorsScope(options.channel);
  }

  /** Runs the models that need not wait; returns those that do. */
  ask(
    study: Study,
    order: OrderFacts | undefined,
    models: readonly string[],
    run: RunModel,
  ): readonly string[] {
    const { needsOf, priorsFrom } = this.#options;
    const wanting = models.filter((model) => needsOf(model) !== undefined);
    for (const model of models) if (!wanting.includes(model)) run(model, study, order);
    if (wanting.length === 0) return [];
    const key = study.studyInstanceUid;
    const known = this.#read(key);
    const needs = wanting.map((model) => needsOf(model) as PriorNeeds);
    const query = priorsFrom === undefined ? null : priorsQuery(study, needs);
    if (known?.studies !== undefined || query === null) {
      const missing =
        priorsFrom === undefined
          ? 'the channel asks no archive for earlier studies'
          : 'the images name no patient';
      this.#runAll(wanting, study, order, known?.studies ? known : { missing }, run);
      return [];
    }
    this.#write(key, { waiting: { version: study.version, models: wanting, ...(order ? { order } : {}) } });
    this.#setTimer(key, this.#options.input.message.receivedAtMs + this.#options.priorsWaitMs);
    this.#options.output.products.push({
      contentType: studyQueryContentType,
      bytes: new TextEncoder().encode(JSON.stringify(query)),
      keys: [`${key}|priors`],
      priority: urgencyPriority[order?.urgency ?? 'routine'],
      only: [priorsFrom as string],
      facts: { study: key, ask: 'priors' },
    });
    return wanting;
  }

  /** A notice came; one with earlier studies lets the models run that wait for them. */
  answered(run: RunModel): void {
    const { input, output } = this.#options;
    const notice = parseStudyNotice(input.subject.json);
    if (notice.notice !== 'priors') return;
    const key = notice.studyInstanceUid;
    const known = this.#read(key);
    const studies = notice.studies.map(({ studyInstanceUid, studyDate }) => ({
      studyInstanceUid,
      ...(studyDate === undefined ? {} : { studyDate }),
    }));
    const missing = notice.missing === undefined ? {} : { missing: notice.missing };
    for (const { studyInstanceUid, instances } of notice.studies)
      for (const instance of instances)
        output.items.push({
          scope: this.#scope,
          key,
          itemKey: instance.sopInstanceUid,
          value: priorsJson({ ...instance, studyInstanceUid }),
        });
    this.#write(key, { studies, ...missing });
    output.report.priors = { study: key, studies: studies.length, ...missing };
    if (known?.waiting) this.#runWaiting(key, known.waiting, { priors: notice.studies, ...missing }, run);
  }

  /** No answer in time. */
  givenUp(run: RunModel): void {
    const { input, output, priorsWaitMs } = this.#options;
    const [key = ''] = input.message.keys;
    const known = this.#read(key);
    if (known?.waiting === undefined) return;
    const missing = `the archive did not answer within ${Math.round(priorsWaitMs / 1000)} s`;
    output.report.priors = { study: key, studies: 0, missing };
    output.states.push({ scope: this.#scope, key, value: null });
    this.#runWaiting(key, known.waiting, { priors: [], missing }, run);
  }

  /** Of the version that they were to read; a study that was opened again routes its next version anew. */
  #runWaiting(
    key: string,
    waiting: NonNullable<PriorsState['waiting']>,
    priors: JobPriors,
    run: RunModel,
  ): void {
    const { channel, input } = this.#options;
    this.#setTimer(key, null);
    const state = parseStudyState(input.state.get(channel, key));
    const completion = state?.completions?.find(({ version }) => version === waiting.version);
    if (state?.status !== 'complete' || state.version !== waiting.version || !completion) return;
    const instances = instancesOf(input.state, channel, key);
    const { version, atMs: completedAtMs } = completion;
    const study: Study = { studyInstanceUid: key, version, instances, completedAtMs };
    for (const model of waiting.models) {
      const needs = this.#options.needsOf(model);
      const own =
        needs === undefined ? undefined : { ...priors, priors: priorsFor(needs, study, priors.priors) };
      run(model, study, waiting.order, own);
    }
  }

  #runAll(
    models: readonly string[],
    study: Study,
    order: OrderFacts | undefined,
    known: PriorsState,
    run: RunModel,
  ): void {
    const priors = this.#kept(study.studyInstanceUid, known);
    const missing = known.missing === undefined ? {} : { missing: known.missing };
    for (const model of models) {
      const needs = this.#options.needsOf(model) as PriorNeeds;
      run(model, study, order, { priors: priorsFor(needs, study, priors), ...missing });
    }
  }

  #kept(key: string, { studies }: PriorsState): readonly PriorStudy[] {
    if (studies === undefined || studies.length === 0) return [];
    const { state } = this.#options.input;
    const instances = state.items(this.#scope, key).map(({ value }) => parseStoredInstance(value));
    return studies.map((study) => ({
      ...study,
      instances: instances.filter(({ studyInstanceUid }) => studyInstanceUid === study.studyInstanceUid),
    }));
  }

  #read(key: string): PriorsState | undefined {
    return parsePriorsState(this.#options.input.state.get(this.#scope, key));
  }

  #write(key: string, state: PriorsState): void {
    this.#options.output.states.push({ scope: this.#scope, key, value: priorsJson(state) });
  }

  #setTimer(key: string, dueAtMs: number | null): void {
    this.#options.output.timers.push({ key, name: priorsTimer, dueAtMs });
  }
}
