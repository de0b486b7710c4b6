import { catalogue, type ErrorCode } from '../core/error-catalogue.ts';
import { BitHiveError, toBitHiveError } from '../core/errors.ts';
import type { Refusal } from '../core/message.ts';

/** An error as it is told to another thread. */
export interface ThreadRefusal {
  readonly refusal: Refusal;
  /** Of what nobody expected: it goes to the log of the engine. */
  readonly cause?: string;
}

export function threadRefusal(error: unknown): ThreadRefusal {
  const { code, detail, cause } = toBitHiveError(error);
  const why = cause instanceof Error ? cause.stack : undefined;
  return {
    refusal: { code, detail },
    ...(code === 'BH_INTERNAL' && why !== undefined ? { cause: why } : {}),
  };
}

/** The error again, on the other side. */
export function refusedBy({ refusal, cause }: ThreadRefusal): BitHiveError {
  const code = Object.hasOwn(catalogue, refusal.code) ? (refusal.code as ErrorCode) : 'BH_INTERNAL';
  return new BitHiveError(code, refusal.detail, cause === undefined ? {} : { cause: errorThere(cause) });
}

/** An error, not its text: the log prints the frames of one, and the next thread that it goes through takes them on. */
function errorThere(stack: string): Error {
  const error = new Error('in another thread');
  error.name = /^\w+/.exec(stack)?.[0] ?? error.name;
  error.stack = stack;
  return error;
}
