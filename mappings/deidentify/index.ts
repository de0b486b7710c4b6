export type { ActionCounts } from './cleaning.ts';
export { type Deidentified, deidentify } from './deidentify.ts';
export { patientNamed } from './patient-of.ts';
export { type DeidentifyPolicy, type DeidentifySettings, deidentifySchema, policyOf } from './policy.ts';
export { type ProfileOption, profileOptions } from './profile-options.ts';
export { type Pseudonyms, pseudonymsOf } from './pseudonyms.ts';
export { type Reidentifier, reidentifierOf } from './reidentify.ts';
export { type SentBy, type SentInstance, type SentStudy, sentByOf } from './sent-study.ts';
export { type TurnBackOptions, turnBack } from './turn-back.ts';
