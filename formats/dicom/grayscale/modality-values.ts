import type { DicomDataset } from '../dataset.ts';
import { tags } from '../tags.ts';
import { functionalGroup } from './functional-group.ts';
import { lookUp, lookupTable } from './lookup-table.ts';

/**
 * Stored values to modality units such as Hounsfield (PS3.3 C.11.1): the Modality LUT Sequence, or slope and intercept; as they are
 * when the object has neither. Throws BH_DICOM_ATTRIBUTE for a LUT that is none.
 */
export function modalityValues(values: Float32Array, dataset: DicomDataset, frame = 0): Float32Array {
  const [lut] = dataset.sequence(tags.modalityLutSequence);
  if (lut !== undefined) {
    const table = lookupTable(lut, tags.lutDescriptor, tags.lutData);
    return values.map((value) => lookUp(table, value));
  }
  const group = functionalGroup(dataset, tags.pixelValueTransformationSequence, frame);
  const slope = group.number(tags.rescaleSlope) ?? 1;
  const intercept = group.number(tags.rescaleIntercept) ?? 0;
  return slope === 1 && intercept === 0 ? values : values.map((value) => value * slope + intercept);
}
