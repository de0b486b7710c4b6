import { catalogue, type ErrorCode, type ErrorEntry } from './error-catalogue.ts';

/**
 * A fault of the world, not of the code: it has a code of the catalogue, a sentence for the operator, and an answer in every
 * protocol. A bug is an assertion (`core/assert.ts`) instead.
 */
export class BitHiveError extends Error {
  override readonly name = 'BitHiveError';
  readonly code: ErrorCode;
  readonly detail: string;

  constructor(code: ErrorCode, detail: string, options?: { cause?: unknown }) {
    super(`${code}: ${detail}`, options);
    this.code = code;
    this.detail = detail;
  }

  get entry(): ErrorEntry {
    return catalogue[this.code];
  }
}

/** The error as a catalogue error: itself, or `BH_INTERNAL` with the original as cause and without its text in the answer. */
export function toBitHiveError(error: unknown): BitHiveError {
  if (error instanceof BitHiveError) return error;
  return new BitHiveError('BH_INTERNAL', 'unexpected failure, see the log', { cause: error });
}

export type { ErrorCode, ErrorEntry };
