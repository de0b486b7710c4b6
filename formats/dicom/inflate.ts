import { type InputType, inflateRaw, inflateRawSync } from 'node:zlib';
import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';

/** Small data sets may be blank to any ratio; it bounds memory, which they do not threaten. */
const freeBytes = 1024 * 1024;

/**
 * The rest of a deflated object (PS3.5 A.5), at most 256 MB and 100 times its size. Throws BH_DICOM_LIMIT beyond that,
 * BH_DICOM_TRUNCATED when the stream has no end, BH_DICOM_SYNTAX when it is no deflate stream.
 */
export function inflateSync(bytes: Uint8Array): Uint8Array {
  try {
    return inflateRawSync(bytes, { maxOutputLength: outputBytesMax(bytes.length) });
  } catch (error) {
    throw inflateError(error);
  }
}

/** The same without blocking the event loop. */
export function inflate(bytes: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const input: InputType = bytes;
    inflateRaw(input, { maxOutputLength: outputBytesMax(bytes.length) }, (error, inflated) => {
      if (error) reject(inflateError(error));
      else resolve(inflated);
    });
  });
}

function outputBytesMax(inputBytes: number): number {
  return Math.min(limits.dicomInflateBytesMax, Math.max(freeBytes, inputBytes * limits.dicomInflateRatioMax));
}

function inflateError(cause: unknown): BitHiveError {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : undefined;
  if (code === 'ERR_BUFFER_TOO_LARGE') {
    const most = `${limits.dicomInflateRatioMax} times its size or ${limits.dicomInflateBytesMax} bytes`;
    return new BitHiveError('BH_DICOM_LIMIT', `the deflated data set inflates to more than ${most}`, {
      cause,
    });
  }
  if (code === 'Z_BUF_ERROR') {
    return new BitHiveError('BH_DICOM_TRUNCATED', 'the deflated data set has no end', { cause });
  }
  return new BitHiveError('BH_DICOM_SYNTAX', 'the data set is not a deflate stream', { cause });
}
