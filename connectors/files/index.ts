export { fhirIntake } from './fhir-intake.ts';
export type { FileAccess, FileEntry } from './file-access.ts';
export { createFileDestination, type FileDestinationOptions } from './file-destination.ts';
export type { FileIntake, FileVerdict } from './file-intake.ts';
export { createFileSource, type FileSourceOptions } from './file-source.ts';
export { hl7Intake } from './hl7-intake.ts';
export { createLocalFiles } from './local-files.ts';
export { type NamePattern, parseNamePattern } from './name-pattern.ts';
export { createSftpFiles, type SftpOptions } from './sftp-files.ts';
