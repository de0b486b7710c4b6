/** Verification (PS3.4 A.4). */
export const verification = '1.2.840.10008.1.1';

/** Query/Retrieve under the study root (PS3.4 C.6.2.3). */
export const studyRoot = {
  find: '1.2.840.10008.5.1.4.1.2.2.1',
  move: '1.2.840.10008.5.1.4.1.2.2.2',
  get: '1.2.840.10008.5.1.4.1.2.2.3',
} as const;

/** Query/Retrieve under the patient root (PS3.4 C.6.1.3). */
export const patientRoot = {
  find: '1.2.840.10008.5.1.4.1.2.1.1',
  move: '1.2.840.10008.5.1.4.1.2.1.2',
  get: '1.2.840.10008.5.1.4.1.2.1.3',
} as const;

/** Modality Worklist (PS3.4 K). */
export const worklistFind = '1.2.840.10008.5.1.4.31';

/** Modality Performed Procedure Step (PS3.4 F.7). */
export const procedureStep = '1.2.840.10008.3.1.2.3.3';

/** Storage Commitment Push Model (PS3.4 J.3) and its one well-known instance. */
export const storageCommitment = '1.2.840.10008.1.20.1';
export const storageCommitmentInstance = '1.2.840.10008.1.20.1.1';

/** Instance Availability Notification (PS3.4 R). */
export const availabilityNotification = '1.2.840.10008.5.1.4.33';

/** SOP classes that are no storage and that the engine serves. */
export const servedSopClasses: ReadonlySet<string> = new Set([
  verification,
  procedureStep,
  storageCommitment,
  availabilityNotification,
]);
