import type { StudyInstance } from './study.ts';

/**
 * What the assembly of a study asks an archive, as the body of a delivery (`application/vnd.bithive.study-query+json`). The archive's
 * destination (QIDO-RS and WADO-RS, or C-FIND and C-GET) answers with a message of kind `notice`.
 */
export type StudyQuery =
  | {
      /** How many instances the archive holds of this study (Number of Study Related Instances, (0020,1208)). */
      readonly ask: 'count';
      readonly studyInstanceUid: string;
    }
  | {
      /** Earlier studies of the same patient, with their objects. */
      readonly ask: 'priors';
      readonly studyInstanceUid: string;
      readonly patientId: string;
      readonly patientIdIssuer?: string;
      /** Modalities asked for; empty: any. */
      readonly modalities: readonly string[];
      /** YYYYMMDD: only studies before this day. */
      readonly before?: string;
      /** The newest so many studies. */
      readonly studiesMax: number;
    };

/**
 * What the engine hears of a study beside its instances (`application/vnd.bithive.study-notice+json`): a modality's procedure step
 * (MPPS, PS3.4 F.7), an archive's Instance Availability Notification (PS3.4 R), the answer to a `StudyQuery`, or an operator's word.
 */
export type StudyNotice =
  | {
      readonly notice: 'mpps';
      readonly studyInstanceUid: string;
      /** Performed Procedure Step Status (0040,0252). */
      readonly status: 'in progress' | 'completed' | 'discontinued';
      /** SOP Instance UID of the procedure step: a study may have several. */
      readonly stepUid: string;
      /** Instances that the step names as made; present when it ended. */
      readonly sopInstanceUids?: readonly string[];
    }
  | {
      readonly notice: 'ian';
      readonly studyInstanceUid: string;
      readonly sopInstanceUids: readonly string[];
    }
  | {
      readonly notice: 'count';
      readonly studyInstanceUid: string;
      readonly count: number;
    }
  | {
      readonly notice: 'priors';
      readonly studyInstanceUid: string;
      readonly studies: readonly PriorStudy[];
      /** Why fewer came than were asked for. */
      readonly missing?: string;
    }
  /** An operator says that nothing more is awaited. */
  | { readonly notice: 'manual'; readonly studyInstanceUid: string; readonly by: string }
  /** An operator decides on reports that are held because the order, or a part of the images, names another patient. */
  | {
      readonly notice: 'decision';
      readonly studyInstanceUid: string;
      readonly by: string;
      readonly word: 'release' | 'reject';
      /** The order is the study's all the same, and the report is linked to it. */
      readonly withOrder?: boolean;
      readonly reason?: string;
    };

/** An earlier study whose objects are in the blob store. */
export interface PriorStudy {
  readonly studyInstanceUid: string;
  readonly studyDate?: string;
  readonly instances: readonly StudyInstance[];
}

export const studyQueryContentType = 'application/vnd.bithive.study-query+json';
export const studyNoticeContentType = 'application/vnd.bithive.study-notice+json';
