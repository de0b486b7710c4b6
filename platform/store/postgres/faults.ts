import { BitHiveError } from '../../../core/errors.ts';

/** SQLSTATE (PostgreSQL documentation, appendix A), or the code of the socket; '' when there is none. */
export function stateOfError(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

const retryable = new Set(['40001', '40P01']);
const busy = new Set(['55P03', '57014', '53000', '53200', '53400', '54000']);
const stopping = new Set(['57P01', '57P02', '57P03', '57P05', '25006', '53300', '25P03', '25P04']);
const sentences = [
  'Connection terminated',
  'connection timeout',
  'Query read timeout',
  'Client has encountered a connection error',
  'Client was closed',
];

/** The pool's word when all its sessions stayed busy; the server itself may be well. */
const noSession = 'timeout exceeded when trying to connect';

/** The system's words for ENOSPC and EDQUOT, for places of the server that give them no SQLSTATE of their own. */
const noSpace = /no space left on device|disk quota exceeded/i;
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : '');

/** Two transactions met: the same again will do. */
export const isRetryable = (error: unknown): boolean => retryable.has(stateOfError(error));

/** The server cannot be reached, lets us in no more, is going down, is read-only, or its disk failed: nothing is known of what was under way. */
export function isConnectionFault(error: unknown): boolean {
  const state = stateOfError(error);
  if (/^(08|28|3D|58)...$|^XX00[12]$/.test(state) || stopping.has(state)) return true;
  if (/^E[A-Z]+$/.test(state)) return true;
  return error instanceof Error && sentences.some((sentence) => error.message.includes(sentence));
}

/** The store's word for what the server or the way to it did; null when it is a bug of ours. */
export function storageError(error: unknown): BitHiveError | null {
  if (error instanceof BitHiveError) return error;
  const state = stateOfError(error);
  const withCause = { cause: error };
  if (state === '53100' || noSpace.test(messageOf(error))) {
    return new BitHiveError('BH_STORE_FULL', 'the disk of the database server is full', withCause);
  }
  const waitedInVain = error instanceof Error && error.message.includes(noSession);
  if (isRetryable(error) || busy.has(state) || waitedInVain) {
    return new BitHiveError(
      'BH_STORE_BUSY',
      `the database is too busy (${state || 'no session is free'})`,
      withCause,
    );
  }
  if (isConnectionFault(error)) {
    return new BitHiveError(
      'BH_STORE_IO',
      'the database cannot be reached; the store tries again',
      withCause,
    );
  }
  return null;
}
