import { isMainThread, parentPort } from 'node:worker_threads';
import { assert } from '../core/assert.ts';
import {
  type Answers,
  type Ask,
  AskedQuestions,
  type QuestionReply,
  type ThreadQuestion,
} from './thread-questions.ts';
import { type ThreadRefusal, threadRefusal } from './thread-refusal.ts';

export interface ThreadRequest<Request> {
  readonly id: number;
  readonly request: Request;
}

export type ThreadReply<Result> =
  | { readonly id: number; readonly result: Result }
  | ({ readonly id: number } & ThreadRefusal);

/** What the thread hears, and what it says. */
export type ToThread<Request> = ThreadRequest<Request> | QuestionReply;
export type FromThread<Result> = ThreadReply<Result> | ThreadQuestion;

/** What the work gives, and of it the memory that goes to the asker. */
export interface Answer<Result> {
  readonly result: Result;
  readonly transfer: readonly ArrayBuffer[];
}

/**
 * The other end of a `RequestThread`: answers what it asks, in the thread.
 *
 * @param work may ask the asker in turn, for what only the engine's own thread has
 */
export function answerRequests<Request, Result, Known extends Answers = Answers>(
  work: (request: Request, ask: Ask<Known>) => Promise<Answer<Result>>,
): void {
  assert(!isMainThread && parentPort, 'requests are answered in a worker thread');
  const port = parentPort;
  const questions = new AskedQuestions((question) => port.postMessage(question));
  const say = (reply: ThreadReply<Result>, transfer: readonly ArrayBuffer[] = []): void =>
    port.postMessage(reply, transfer);
  port.on('message', (heard: ToThread<Request>) => {
    if ('question' in heard) {
      questions.hear(heard);
      return;
    }
    const { id, request } = heard;
    work(request, questions.about<Known>(id)).then(
      ({ result, transfer }) => say({ id, result }, transfer),
      (error: unknown) => say({ id, ...threadRefusal(error) }),
    );
  });
}

/** Bytes that own the whole of their memory, which can then change hands: themselves, or a copy where they are a view of something larger. */
export function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength;
  return isWhole ? new Uint8Array(buffer) : Uint8Array.from(bytes);
}
