import { BitHiveError } from '../../../core/errors.ts';
import { tags, type WritableDataset } from '../../../formats/dicom/index.ts';
import type { OwnIdentifiers } from '../own-identifiers.ts';

/**
 * Text that is left in encoded pixels: behind the end marker, between scans, in a codec whose segments nobody here reads.
 *
 * @throws BH_DICOM_BURNED_IN
 */
export function refuseNamesInStream(dataset: WritableDataset, identifiers: OwnIdentifiers): void {
  const value = dataset.get(tags.pixelData)?.value;
  if (value === undefined || !('fragments' in value)) return;
  if (value.fragments.some((fragment) => identifiers.isInStream(fragment)))
    throw new BitHiveError(
      'BH_DICOM_BURNED_IN',
      'an identifier of the object stands as text in its encoded pixels',
    );
}
