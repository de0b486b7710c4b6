import { BitHiveError } from '../../../core/errors.ts';

export function pixelsError(detail: string, cause?: unknown): BitHiveError {
  return new BitHiveError('BH_DICOM_PIXELS', detail, cause === undefined ? undefined : { cause });
}
