import { tags, type WritableDataset } from '../../formats/dicom/index.ts';
import { textOf } from './element-values.ts';

/**
 * Who an object is about: by what the pseudonym and the shift of dates are made. The issuer counts, since two hospitals may give one number to two
 * people. An object without a number is about the nameless patient of its study.
 */
export const patientOf = (dataset: WritableDataset): string =>
  patientNamed({
    patientId: textOf(dataset, tags.patientId),
    patientIdIssuer: textOf(dataset, tags.issuerOfPatientId),
    studyInstanceUid: textOf(dataset, tags.studyInstanceUid),
  });

/** The same of what is known of an object without opening it. */
export function patientNamed({
  patientId = '',
  patientIdIssuer = '',
  studyInstanceUid,
}: {
  readonly patientId?: string;
  readonly patientIdIssuer?: string;
  readonly studyInstanceUid: string;
}): string {
  return patientId === '' ? `study|${studyInstanceUid}` : `${patientIdIssuer}|${patientId}`;
}
