import { BitHiveError } from '../../core/errors.ts';

/** What the file system says, in the words of the catalogue. */
export function blobError(cause: unknown): BitHiveError {
  if (cause instanceof BitHiveError) return cause;
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new BitHiveError('BH_STORE_FULL', 'the disk of the blob folder is full', { cause });
  }
  if (code === 'ENOENT') return new BitHiveError('BH_STORE_NOT_FOUND', 'no such body', { cause });
  return new BitHiveError('BH_STORE_IO', `the blob folder failed (${code ?? 'unknown'})`, { cause });
}
