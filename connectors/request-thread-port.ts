import { isMainThread, parentPort } from 'node:worker_threads';
import { assert } from '../core/assert.ts';
import { toBitHiveError } from '../core/errors.ts';
import type { Refusal } from '../core/message.ts';

export interface ThreadRequest<Request> {
  readonly id: number;
  readonly request: Request;
}

export type ThreadReply<Result> =
  | { readonly id: number; readonly result: Result }
  /** The cause of what nobody expected goes to the log of the engine. */
  | { readonly id: number; readonly refusal: Refusal; readonly cause?: string };

/** What the work gives, and of it the memory that goes to the asker. */
export interface Answer<Result> {
  readonly result: Result;
  readonly transfer: readonly ArrayBuffer[];
}

/** The other end of a `RequestThread`: answers what it asks, in the thread. */
export function answerRequests<Request, Result>(work: (request: Request) => Promise<Answer<Result>>): void {
  assert(!isMainThread && parentPort, 'requests are answered in a worker thread');
  const port = parentPort;
  const say = (reply: ThreadReply<Result>, transfer: readonly ArrayBuffer[] = []): void =>
    port.postMessage(reply, transfer);
  port.on('message', ({ id, request }: ThreadRequest<Request>) => {
    work(request).then(
      ({ result, transfer }) => say({ id, result }, transfer),
      (error: unknown) => {
        const { code, detail, cause } = toBitHiveError(error);
        const why = cause instanceof Error ? cause.stack : undefined;
        say({
          id,
          refusal: { code, detail },
          ...(code === 'BH_INTERNAL' && why !== undefined ? { cause: why } : {}),
        });
      },
    );
  });
}

/** Bytes that own the whole of their memory, which can then change hands: themselves, or a copy where they are a view of something larger. */
export function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes;
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength;
  return isWhole ? new Uint8Array(buffer) : Uint8Array.from(bytes);
}
