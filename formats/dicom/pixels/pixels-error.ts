import { BitHiveError } from '../../../core/errors.ts';

export function pixelsError(detail: string, cause?: unknown): BitHiveError {
  return new BitHiveError('BH_DICOM_PIXELS', detail, cause === undefined ? undefined : { cause });
}

/** Refuses, before anything is allocated for the image, a stream of fewer bytes than any stream of its size can have. */
export function checkPossible(encoded: Uint8Array, leastBytes: number): void {
  if (encoded.length < leastBytes) {
    throw pixelsError(`${encoded.length} bytes where the image needs ${Math.ceil(leastBytes)} at least`);
  }
}
