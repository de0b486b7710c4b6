import { z } from 'zod';
import { assert } from '../../core/assert.ts';
import type { Message } from '../../core/message.ts';
import type { StudyInstance } from '../../core/study.ts';
import { parseStudyNotice } from '../../core/study-query-schema.ts';
import { isOrderOfPatient } from '../../mappings/imaging/order-match.ts';
import type { StepKind } from '../channel/catalog.ts';
import type { ProcessOutput, StepInput } from '../process/step.ts';
import {
  type AssemblySettings,
  type AssemblyStep,
  forcedTimer,
  forgetTimer,
  onForget,
  onInstance,
  onTimer,
  quietTimer,
} from '../study/assembly.ts';
import { issueOfAnotherPatient, orderUnder } from '../study/order-of-study.ts';
import { jsonOf, parseInstance, parseStoredInstance, parseStudyState } from '../study/stored.ts';

const dayMs = 86_400_000;

const settings = z
  .strictObject({
    quietMs: z.number().int().min(1).max(86_400_000).default(5_000),
    forcedMs: z
      .number()
      .int()
      .min(1)
      .max(7 * 86_400_000)
      .default(5_400_000),
    /** A late instance joins the others of its study for this long. Their bodies stay as long, whatever the retention of messages. */
    forgetDays: z.number().int().min(1).max(3_650).default(30),
  })
  .transform(({ forgetDays, ...given }) => ({ ...given, forgetMs: forgetDays * dayMs }));

/**
 * `assemble`: instances become a study. The state is the study's, kept under its StudyInstanceUID; each instance is an item, so
 * that a study of 5,000 instances is not rewritten 5,000 times.
 */
export const assembleStudy: StepKind<AssemblySettings> = {
  kind: 'assemble',
  settings,
  create: (assembly, { channel }) => ({
    kind: 'assemble',
    takes: ['dicom', 'notice', 'timer'],
    apply(input, output) {
      const { kind, type } = input.message;
      if (kind === 'notice') output.report.notice = parseStudyNotice(input.subject.json).notice;
      else if (kind === 'dicom') takeInstance(channel, assembly, input, output);
      else if (type === forgetTimer) forget(channel, input, output);
      else if (type === quietTimer || type === forcedTimer) complete(channel, assembly, input, output);
    },
  }),
};

function takeInstance(
  channel: string,
  assembly: AssemblySettings,
  input: StepInput,
  output: ProcessOutput,
): void {
  const instance = parseInstance(input.message);
  const key = instance.studyInstanceUid;
  const state = parseStudyState(input.state.get(channel, key));
  const itemScope = seenScope(channel);
  const seen = input.state.get(itemScope, instance.sopInstanceUid);
  const step = onInstance(state, instance, seen !== key, assembly);
  output.items.push({ scope: channel, key, itemKey: instance.sopInstanceUid, value: jsonOf(instance) });
  output.states.push({ scope: itemScope, key: instance.sopInstanceUid, value: key });
  write(channel, key, step, output);
}

function complete(
  channel: string,
  assembly: AssemblySettings,
  input: StepInput,
  output: ProcessOutput,
): void {
  const key = keyOf(input.message);
  const state = parseStudyState(input.state.get(channel, key));
  const step = onTimer(state, input.message.type, input.message.receivedAtMs, assembly);
  if (!step) return;
  write(channel, key, step, output);
  if (step.state.status === 'open') return;
  // First: a state that is not loaded yet has the message processed again, and the instances may be thousands.
  const order = orderUnder(input.state, step.state.accessionNumber);
  const instances = instancesOf(input, channel, key);
  const completedAtMs = input.message.receivedAtMs;
  output.study = { studyInstanceUid: key, version: step.state.version, instances, completedAtMs };
  if (order === undefined) return;
  if (isOrderOfPatient(order, instances)) output.order = order;
  else output.report.issues = [issueOfAnotherPatient(order)];
}

/** The instances of a study that this channel assembled, in the order in which they were taken. */
export function instancesOf(input: StepInput, channel: string, key: string): readonly StudyInstance[] {
  return input.state
    .items(channel, key)
    .map((item) => parseStoredInstance(item.value))
    .sort(inAcquisitionOrder);
}

function forget(channel: string, input: StepInput, output: ProcessOutput): void {
  const key = keyOf(input.message);
  const kept = onForget(parseStudyState(input.state.get(channel, key)));
  if (!kept) return;
  for (const { itemKey } of input.state.items(channel, key)) {
    output.states.push({ scope: seenScope(channel), key: itemKey, value: null });
  }
  output.states.push({ scope: channel, key, value: null }, { scope: channel, key, value: jsonOf(kept) });
}

/** Which study holds an instance, by SOP Instance UID: asked for each one, where all of a study's would be too many to read. */
const seenScope = (channel: string): string => `${channel}/seen`;

function keyOf({ keys }: Message): string {
  const key = keys[0];
  assert(key !== undefined, 'a timer message carries its key');
  return key;
}

function write(channel: string, key: string, step: AssemblyStep, output: ProcessOutput): void {
  output.states.push({ scope: channel, key, value: jsonOf(step.state) });
  for (const timer of step.timers) output.timers.push({ key, name: timer.name, dueAtMs: timer.dueAtMs });
}

function inAcquisitionOrder(a: StudyInstance, b: StudyInstance): number {
  return (
    (a.seriesNumber ?? 0) - (b.seriesNumber ?? 0) ||
    (a.instanceNumber ?? 0) - (b.instanceNumber ?? 0) ||
    (a.sopInstanceUid < b.sopInstanceUid ? -1 : 1)
  );
}
