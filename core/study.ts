import type { BlobHash } from './ids.ts';

/** What is read from the header of one stored DICOM instance. Strings are decoded, trimmed, and never used as a path. */
export interface InstanceFacts {
  readonly sopInstanceUid: string;
  readonly sopClassUid: string;
  readonly transferSyntaxUid: string;
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly modality: string;
  readonly accessionNumber?: string;
  readonly patientId?: string;
  /** (0010,0021) Issuer of Patient ID. */
  readonly patientIdIssuer?: string;
  readonly patientName?: string;
  /** YYYYMMDD as sent. */
  readonly patientBirthDate?: string;
  readonly patientSex?: string;
  readonly studyDate?: string;
  readonly studyTime?: string;
  readonly timezoneOffset?: string;
  /** (0020,0010) as sent; no key of ours. */
  readonly studyId?: string;
  readonly referringPhysician?: string;
  readonly studyDescription?: string;
  readonly seriesDescription?: string;
  readonly bodyPart?: string;
  readonly viewPosition?: string;
  /** Who assigned the accession number: (0008,0051), its local or universal id. */
  readonly accessionIssuer?: string;
  /** (0010,1010) as sent: `045Y`. */
  readonly patientAge?: string;
  readonly laterality?: string;
  readonly protocolName?: string;
  /** All values of (0008,0008), joined by a backslash. */
  readonly imageType?: string;
  readonly contrastAgent?: string;
  readonly manufacturer?: string;
  readonly modelName?: string;
  readonly stationName?: string;
  readonly institutionName?: string;
  /** (0028,0301): YES when the pixels show who the patient is. */
  readonly burnedInAnnotation?: string;
  /** Millimetres. */
  readonly sliceThickness?: number;
  readonly seriesNumber?: number;
  readonly instanceNumber?: number;
  readonly rows?: number;
  readonly columns?: number;
  readonly frames?: number;
}

/** One instance of a study as the engine keeps it. */
export interface StudyInstance extends InstanceFacts {
  readonly blob: BlobHash;
  readonly bytesCount: number;
  readonly receivedAtMs: number;
}

/** A study that was judged complete. `version` counts the times: a late instance reopens it and gives version n+1. */
export interface Study {
  readonly studyInstanceUid: string;
  readonly version: number;
  readonly instances: readonly StudyInstance[];
  readonly completedAtMs: number;
}
