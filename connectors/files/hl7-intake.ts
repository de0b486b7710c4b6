import { limits } from '../../core/limits.ts';
import type { Arrival, Refusal } from '../../core/message.ts';
import type { Accept, Acceptance, Blobs } from '../../core/ports/index.ts';
import { type BatchEvent, BatchSplitter, readBatchHeader } from '../../formats/hl7v2/index.ts';
import {
  type ArrivalOptions,
  acceptInOrder,
  type BatchFacts,
  type BatchMember,
  batchArrival,
  memberOf,
  readArrival,
} from '../hl7v2/index.ts';
import { type FileIntake, type FileVerdict, fileDedupe, refusedListedMax } from './file-intake.ts';
import { chunksOf, type TakenFile } from './taken-file.ts';

export interface Hl7IntakeOptions extends ArrivalOptions {
  readonly messageBytesMax?: number;
}

/**
 * HL7 v2 in files: one message, or several with or without FHS, BHS, BTS and FTS. One message alone is accepted as it is; several are
 * accepted one by one with the file as their parent. Bytes are kept in the character set in which they came.
 */
export function hl7Intake(options: Hl7IntakeOptions): FileIntake {
  const splitterOptions = { messageBytesMax: options.messageBytesMax ?? limits.hl7MessageBytesMax };
  return async (file, accept, blobs) => {
    const outline = await outlineOf(file, blobs, splitterOptions);
    if (outline.headers.length === 0 && outline.messagesCount <= 1 && outline.only !== null) {
      return single(file, outline.only, options, accept, blobs);
    }
    if (outline.headers.length === 0 && outline.messagesCount === 0) {
      return single(file, await headOf(file, blobs), options, accept, blobs);
    }
    return several(file, outline, options, accept, blobs, splitterOptions);
  };
}

interface Outline extends BatchFacts {
  /** The message of a file that has one. */
  readonly only: Uint8Array | null;
}

async function outlineOf(
  file: TakenFile,
  blobs: Blobs,
  options: { messageBytesMax: number },
): Promise<Outline> {
  const headers: BatchFacts['headers'][number][] = [];
  const issues: Refusal[] = [];
  let messagesCount = 0;
  let only: Uint8Array | null = null;
  for await (const event of eventsOf(file, blobs, options)) {
    if (event.kind === 'header' && headers.length < limits.hl7BatchIssuesMax) {
      headers.push(readBatchHeader(event.name, event.segment));
    } else if (event.kind === 'issue' && issues.length < limits.hl7BatchIssuesMax) issues.push(event.issue);
    else if (event.kind === 'message' || event.kind === 'too-large') {
      messagesCount++;
      only = messagesCount === 1 && event.kind === 'message' ? event.bytes : null;
    }
  }
  return { headers, issues, messagesCount, only };
}

async function* eventsOf(
  file: TakenFile,
  blobs: Blobs,
  options: { messageBytesMax: number },
): AsyncGenerator<BatchEvent> {
  const splitter = new BatchSplitter(options);
  for await (const chunk of chunksOf(file, blobs)) yield* splitter.push(chunk);
  yield* splitter.end();
}

async function single(
  file: TakenFile,
  bytes: Uint8Array,
  options: ArrivalOptions,
  accept: Accept,
  blobs: Blobs,
): Promise<FileVerdict> {
  const { arrival } = readArrival(bytes, options);
  const acceptance = await accept(await placed(named(arrival, file), blobs));
  const refusal = acceptance.kind === 'refused' ? { refusal: acceptance.error } : {};
  return { messagesCount: arrival.type === 'unreadable' ? 0 : 1, ...refusal };
}

async function several(
  file: TakenFile,
  outline: Outline,
  options: ArrivalOptions,
  accept: Accept,
  blobs: Blobs,
  splitterOptions: { messageBytesMax: number },
): Promise<FileVerdict> {
  const whole = batchArrival(file.body, file.contentHash, outline);
  const parent = await accept({
    ...whole,
    dedupe: fileDedupe(file),
    facts: { ...whole.facts, file: file.name },
  });
  const refused: (Refusal & { message: number })[] = [];
  let refusedCount = 0;
  let lost: unknown;
  const numbers = new Map<BatchMember, number>();
  const members = async function* (): AsyncGenerator<BatchMember> {
    let number = 0;
    for await (const event of eventsOf(file, blobs, splitterOptions)) {
      const member = memberOf(event, options, parent.id);
      if (member === null) continue;
      numbers.set(member, ++number);
      // What cannot be kept now will not be kept a moment later: the file is taken again as a whole.
      if (lost !== undefined) return;
      yield member;
    }
  };
  const settled = (member: BatchMember, outcome: { acceptance: Acceptance } | { error: unknown }): void => {
    const message = numbers.get(member) ?? 0;
    numbers.delete(member);
    if ('error' in outcome) lost ??= outcome.error;
    else if (outcome.acceptance.kind === 'refused') {
      refusedCount++;
      if (refused.length < refusedListedMax) refused.push({ message, ...outcome.acceptance.error });
    }
  };
  await acceptInOrder(
    members(),
    async (member) => {
      const arrival = named(member.arrival, file, numbers.get(member));
      return { accepted: accept(await placed(arrival, blobs)) };
    },
    settled,
  );
  if (lost !== undefined) throw lost;
  const refusal: Refusal = { code: 'BH_FILE_REFUSED', detail: `${refusedCount} messages were refused` };
  return {
    messagesCount: outline.messagesCount,
    issues: outline.issues,
    ...(refusedCount === 0 ? {} : { refusal, refused }),
  };
}

/** With the file's name among its facts, and a name for the store where the message has none of its own. */
function named(arrival: Arrival, file: TakenFile, number?: number): Arrival {
  const own = fileDedupe(file);
  const dedupe = arrival.dedupe ?? { ...own, key: number === undefined ? own.key : `${own.key}|${number}` };
  return { ...arrival, dedupe, facts: { ...arrival.facts, file: file.name } };
}

async function placed(arrival: Arrival, blobs: Blobs): Promise<Arrival> {
  const { body } = arrival;
  if (body.kind === 'blob' || body.bytes.length <= limits.inlineBodyBytesMax) return arrival;
  const stored = await blobs.put(once(body.bytes), body.bytes.length);
  return { ...arrival, body: { kind: 'blob', ...stored } };
}

const headBytesMax = 64 * 1024;

/** Of a file without any message: enough for an operator to see what it is. The file itself goes to the folder of errors. */
async function headOf(file: TakenFile, blobs: Blobs): Promise<Uint8Array> {
  for await (const chunk of chunksOf(file, blobs)) return chunk.subarray(0, headBytesMax);
  return new Uint8Array(0);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
