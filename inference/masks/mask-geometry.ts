import type { MaskGeometry } from '../../core/inference.ts';
import { type DicomDataset, tags } from '../../formats/dicom/index.ts';

/** Where an image lies in the patient (PS3.3 C.7.6.2); undefined for one that does not say all of it, as a projection. */
export function maskGeometry(dataset: DicomDataset): MaskGeometry | undefined {
  const frameOfReferenceUid = dataset.text(tags.frameOfReferenceUid);
  const position = dataset.numbers(tags.imagePosition);
  const orientation = dataset.numbers(tags.imageOrientation);
  const spacing = dataset.numbers(tags.pixelSpacing);
  const thickness = dataset.number(tags.sliceThickness);
  const isWhole = position.length === 3 && orientation.length === 6 && spacing.length === 2;
  if (frameOfReferenceUid === undefined || !isWhole) return undefined;
  return {
    frameOfReferenceUid,
    position,
    orientation,
    spacing,
    ...(thickness === undefined ? {} : { thickness }),
  };
}
