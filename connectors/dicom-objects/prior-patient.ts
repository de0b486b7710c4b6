import type { StudyQuery } from '../../core/study-query.ts';

type Patient = Pick<StudyQuery & { readonly ask: 'priors' }, 'patientId' | 'patientIdIssuer'>;

/** Told of an object that an archive gave for a patient and that is of another. */
export const ofAnotherPatient = 'the archive sent an instance of another study or patient';

/**
 * Whether what an archive says or sends is of the patient that was asked for. An issuer that one side leaves out is no difference: archives are full
 * of studies from before there were any. It is therefore not a key to match on, and archives that match on it and answer without it are judged by the
 * objects that they send.
 */
export const isOfPatient = (
  found: { readonly patientId?: string | undefined; readonly patientIdIssuer?: string | undefined },
  { patientId, patientIdIssuer }: Patient,
): boolean =>
  found.patientId === patientId &&
  (found.patientIdIssuer === undefined ||
    patientIdIssuer === undefined ||
    found.patientIdIssuer === patientIdIssuer);
