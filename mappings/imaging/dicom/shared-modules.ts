import { implementationVersionName, type KeywordValue } from '../../../formats/dicom/index.ts';
import type { ResultScene } from './result-scene.ts';
import { line } from './text.ts';

export type Attributes = Readonly<Record<string, KeywordValue>>;

/** What a result says of itself. */
export interface ResultIdentity {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly modality: string;
  readonly seriesNumber: number;
  readonly instanceNumber: number;
}

/**
 * Patient, General Study, Series, Equipment and SOP Common (PS3.3 C.7, C.12.1). Patient and study are those of the images, element by element: an
 * archive files the result with them.
 */
export function sharedModules(scene: ResultScene, own: ResultIdentity): Attributes {
  const { source, finding, date, time } = scene;
  const { model, study } = finding;
  return {
    SOPClassUID: own.sopClassUid,
    SOPInstanceUID: own.sopInstanceUid,
    InstanceCreationDate: date,
    InstanceCreationTime: time,
    TimezoneOffsetFromUTC: source?.timezoneOffset,
    PatientName: source?.patientName ?? null,
    PatientID: source?.patientId ?? null,
    IssuerOfPatientID: source?.patientIdIssuer,
    PatientBirthDate: source?.patientBirthDate ?? null,
    PatientSex: source?.patientSex ?? null,
    StudyInstanceUID: study.studyInstanceUid,
    StudyDate: source?.studyDate ?? null,
    StudyTime: source?.studyTime ?? null,
    AccessionNumber: source?.accessionNumber ?? null,
    ReferringPhysicianName: source?.referringPhysician ?? null,
    StudyID: source?.studyId ?? null,
    StudyDescription: source?.studyDescription,
    SeriesInstanceUID: own.seriesInstanceUid,
    SeriesNumber: own.seriesNumber,
    Modality: own.modality,
    SeriesDescription: line(seriesDescription(scene), 64),
    InstanceNumber: own.instanceNumber,
    Manufacturer: line(model.publisher, 64) || implementationVersionName,
    ManufacturerModelName: line(model.name, 64),
    DeviceSerialNumber: model.sha256.slice(0, 16),
    SoftwareVersions: line(model.version, 64),
  };
}

/** Shown in a worklist beside the images: that it is preliminary, and for a refusal that there is no result. */
const seriesDescription = ({ finding: { status, model } }: ResultScene): string =>
  status === 'completed' ? `PRELIMINARY - AI: ${model.name}` : `AI, NO RESULT: ${model.name}`;

/** Numbers of series that scanners do not use, one for each form. */
export const seriesNumbers = { sr: 9901, sc: 9902, pdf: 9903, seg: 9904 } as const;
