import { tags, type WritableDataset } from '../../formats/dicom/index.ts';
import { textOf } from './element-values.ts';

/**
 * Who an object is about: by what the pseudonym and the shift of dates are made. The issuer counts, since two hospitals may give one number to two
 * people. An object without a number is about the nameless patient of its study.
 */
export function patientOf(dataset: WritableDataset): string {
  const patientId = textOf(dataset, tags.patientId);
  return patientId === ''
    ? `study|${textOf(dataset, tags.studyInstanceUid)}`
    : `${textOf(dataset, tags.issuerOfPatientId)}|${patientId}`;
}
