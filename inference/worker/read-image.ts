import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { ImageSource } from './protocol.ts';

/**
 * The bytes of a blob, checked against its hash: a finding must not come from a file that rotted on the disk. Throws BH_STORE_NOT_FOUND,
 * BH_STORE_IO, BH_BLOB_CORRUPT, and BH_MODEL_INPUT past `limits.inferenceObjectBytesMax`.
 */
export function readImage(source: ImageSource): Uint8Array {
  const bytes = source.kind === 'bytes' ? source.bytes : readBlobFile(source.path);
  if (createHash('sha256').update(bytes).digest('hex') === source.sha256) return bytes;
  throw new BitHiveError('BH_BLOB_CORRUPT', `blob ${source.sha256} holds other bytes`);
}

/** Synchronous: the thread has nothing else to do, and the way through the thread pool costs more than the read. */
function readBlobFile(path: string): Uint8Array {
  try {
    const { size } = statSync(path);
    if (size > limits.inferenceObjectBytesMax)
      throw new BitHiveError(
        'BH_MODEL_INPUT',
        `the object has ${size} bytes, at most ${limits.inferenceObjectBytesMax} are read`,
      );
    return readFileSync(path);
  } catch (error) {
    if (error instanceof BitHiveError) throw error;
    const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const detail = `the blob can't be read: ${(error as Error).message}`;
    throw new BitHiveError(isAbsent ? 'BH_STORE_NOT_FOUND' : 'BH_STORE_IO', detail, { cause: error });
  }
}
