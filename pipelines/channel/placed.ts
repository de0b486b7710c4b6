import { BitHiveError } from '../../core/errors.ts';

/** A fault of the world with its place (`file:line`) in front; a bug stays what it is. */
export function placed(place: string, error: unknown): unknown {
  if (!(error instanceof BitHiveError)) return error;
  return new BitHiveError(error.code, `${place}: ${error.detail}`, { cause: error });
}
