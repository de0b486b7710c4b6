import { toBitHiveError } from '../../core/errors.ts';
import type { Arrival, Refusal } from '../../core/message.ts';
import type { Acceptance } from '../../core/ports/index.ts';
import {
  type BatchHeader,
  printBatchAnswer,
  readBatchHeader,
  splitBatch,
} from '../../formats/hl7v2/index.ts';
import { type Answerer, type AnswerOptions, type Answers, planOf } from './answers.ts';
import type { ArrivalOptions } from './arrival.ts';
import { batchArrival, contentHashOf } from './batch-arrival.ts';
import { acceptInOrder, type BatchMember, memberOf } from './batch-members.ts';
import { frameMessage } from './framer.ts';
import type { StagedAccept } from './source-options.ts';

export interface BatchContext {
  readonly accept: StagedAccept;
  readonly placeBody: (arrival: Arrival) => Arrival | Promise<Arrival>;
  readonly arrivalOptions: ArrivalOptions;
  readonly answerOptions: AnswerOptions;
  readonly messageBytesMax: number;
}

/** What became of a batch frame. */
export interface BatchOutcome {
  /** Frames to send, in order: the commits, then what the application says of enhanced messages. */
  readonly answers: readonly Uint8Array[];
  readonly accepted: number;
  readonly refused: number;
  /** What the store could not take: the sender keeps it. */
  readonly failed: number;
  readonly issues: readonly Refusal[];
}

/**
 * Takes a frame that holds a batch: the batch is kept as it came, then each of its messages is accepted with it as its parent. The answer is a
 * batch of the acknowledgements that its messages ask for (HL7 v2.5.1 §2.10.3.3): none for a message that asks for none, and no answer
 * at all when none of them asks for any.
 */
export async function takeBatch(
  bytes: Uint8Array,
  context: BatchContext,
  answerer: Answerer,
): Promise<BatchOutcome> {
  const events = splitBatch(bytes, context);
  const headers = events.flatMap((event) =>
    event.kind === 'header' ? [readBatchHeader(event.name, event.segment)] : [],
  );
  const issues = events.flatMap((event) => (event.kind === 'issue' ? [event.issue] : []));
  const messages = events.filter(({ kind }) => kind === 'message' || kind === 'too-large');
  const whole = batchArrival({ kind: 'inline', bytes }, contentHashOf(bytes), {
    headers,
    messagesCount: messages.length,
    issues,
  });
  const parent = await context.accept(await context.placeBody(whole));
  const members = messages.map((event) => memberOf(event, context.arrivalOptions, parent.id)!);
  const outcomes = new Map<BatchMember, { acceptance: Acceptance } | { error: unknown }>();
  await acceptInOrder(
    members,
    async ({ arrival }) => ({ accepted: context.accept(await context.placeBody(arrival)) }),
    (member, outcome) => outcomes.set(member, outcome),
  );
  return outcomeOf(members, outcomes, { headers, issues, context, answerer });
}

interface AnswerParts {
  readonly headers: readonly BatchHeader[];
  readonly issues: readonly Refusal[];
  readonly context: BatchContext;
  readonly answerer: Answerer;
}

function outcomeOf(
  members: readonly BatchMember[],
  outcomes: ReadonlyMap<BatchMember, { acceptance: Acceptance } | { error: unknown }>,
  parts: AnswerParts,
): BatchOutcome {
  const counts = { accepted: 0, refused: 0, failed: 0 };
  const answers = members.map((member) => {
    const outcome = outcomes.get(member)!;
    if ('error' in outcome) counts.failed++;
    else if (outcome.acceptance.kind === 'refused') counts.refused++;
    else counts.accepted++;
    return answersTo(member, outcome, parts.answerer);
  });
  const plans = members.map(({ message }) => planOf(message));
  const isAsked = {
    commit:
      members.length === 0 ||
      plans.some(({ mode, commit }) => mode === 'original' || (mode === 'enhanced' && isRequest(commit))),
    application: plans.some(({ mode, application }) => mode === 'enhanced' && isRequest(application)),
  };
  const frames = (['commit', 'application'] as const).flatMap((which) =>
    isAsked[which]
      ? [
          batchOf(
            answers.flatMap((one) => one[which] ?? []),
            parts,
          ),
        ]
      : [],
  );
  return { ...counts, issues: parts.issues, answers: frames };
}

const isRequest = (condition: string): boolean => condition !== '' && condition !== 'NE';

function answersTo(
  { message }: BatchMember,
  outcome: { acceptance: Acceptance } | { error: unknown },
  answerer: Answerer,
): Answers {
  const plan = planOf(message);
  if ('error' in outcome) {
    const { code, detail } = toBitHiveError(outcome.error);
    return answerer.refused(message, plan, { code, detail });
  }
  const { acceptance } = outcome;
  return acceptance.kind === 'refused'
    ? answerer.refused(message, plan, acceptance.error)
    : answerer.answer(message, plan, acceptance);
}

/** Acknowledgements come framed; in a batch they stand bare. */
function batchOf(framed: readonly Uint8Array[], { headers, issues, context }: AnswerParts): Uint8Array {
  const { clock, nextControlId } = context.answerOptions;
  const comment = issues.map(({ code, detail }) => `${code}: ${detail}`).join('; ');
  const batch = printBatchAnswer({
    headers,
    acknowledgements: framed.map((bytes) => bytes.subarray(1, -2)),
    atMs: clock.nowMs(),
    controlId: nextControlId(),
    ...(comment === '' ? {} : { comment: comment.slice(0, 80) }),
  });
  return frameMessage(batch);
}
