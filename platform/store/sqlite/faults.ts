import { BitHiveError } from '../../../core/errors.ts';

/** Primary result codes (sqlite.org/rescode.html); the low byte of an extended code. */
const busy = 5;
const locked = 6;
const ioError = 10;
const corrupt = 11;
const full = 13;
const cannotOpen = 14;
const notDatabase = 26;
/** SQLITE_IOERR_WRITE with errno ENOSPC comes as SQLITE_FULL; the rest of the family means that the disk cannot be trusted. */

/** `all()` of @photostructure/sqlite 1.2.1 throws SQLite's sentence without its code. */
const sentences: readonly (readonly [sentence: string, code: number])[] = [
  ['database is locked', busy],
  ['disk I/O error', ioError],
  ['database disk image is malformed', corrupt],
  ['database or disk is full', full],
  ['unable to open database file', cannotOpen],
];

function resultCode(error: unknown): number | null {
  if (typeof error !== 'object' || error === null) return null;
  const { errcode, message } = error as { errcode?: unknown; message?: unknown };
  if (typeof errcode === 'number') return errcode & 0xff;
  return sentences.find(([sentence]) => String(message).includes(sentence))?.[1] ?? null;
}

export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code === busy || code === locked;
}

/** Space ran out: the transaction is rolled back and nothing else is wrong. */
export function isFull(error: unknown): boolean {
  return resultCode(error) === full;
}

/** The file can no longer be trusted: close, recover, and only then go on. */
export function isStorageFault(error: unknown): boolean {
  const code = resultCode(error);
  return code === ioError || code === corrupt || code === cannotOpen || code === notDatabase;
}

/** The store's word for a failure of the database; null when it is not one of the disk. */
export function storageError(error: unknown): BitHiveError | null {
  if (isFull(error))
    return new BitHiveError('BH_STORE_FULL', 'the disk of the data folder is full', { cause: error });
  if (isStorageFault(error)) {
    return new BitHiveError('BH_STORE_IO', 'the disk of the data folder failed; the store is recovering', {
      cause: error,
    });
  }
  if (isBusy(error))
    return new BitHiveError('BH_STORE_BUSY', 'the database is held by another program', { cause: error });
  return null;
}
