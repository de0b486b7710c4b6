import { BitHiveError } from '../../../core/errors.ts';
import type { DicomDataset } from '../dataset.ts';
import { tags } from '../tags.ts';

/**
 * Encapsulated pixel data without its delimiter is whole only if each frame has a fragment and the last one ends with the
 * end marker of the JPEG family (FF D9, perhaps padded). Otherwise the object was cut between two fragments: BH_DICOM_TRUNCATED.
 */
export function checkUndelimited(dataset: DicomDataset, fragmentsCount: number, lastBytes: Uint8Array): void {
  const framesCount = dataset.number(tags.numberOfFrames) ?? 1;
  const [a, b, c] = lastBytes;
  const hasEndMarker = (b === 0xff && c === 0xd9) || (a === 0xff && b === 0xd9 && c === 0);
  if (fragmentsCount >= framesCount && hasEndMarker) return;
  throw new BitHiveError('BH_DICOM_TRUNCATED', 'the object ends between two fragments of pixel data');
}
