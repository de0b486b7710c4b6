import type { OrderFacts, Urgency } from './order.ts';
import type { Study } from './study.ts';
import type { PriorStudy } from './study-query.ts';

/** Body of a delivery to the grid (`application/vnd.bithive.inference-job+json`). */
export interface InferenceJob {
  readonly study: Study;
  readonly model: string;
  readonly urgency: Urgency;
  readonly order?: OrderFacts;
  /** Earlier studies of the patient, the newest first; for a model that asks for some. */
  readonly priors?: readonly PriorStudy[];
  /** Why fewer came than the model asked for. */
  readonly priorsMissing?: string;
}

/** Earlier images that a model compared with. */
export interface FindingPriors {
  readonly used: readonly {
    readonly studyInstanceUid: string;
    readonly studyDate?: string;
    readonly sopInstanceUid: string;
  }[];
  /** Why it saw fewer than it asks for. */
  readonly missing?: string;
}

/** How a model did on data that it was not trained on. Shares are 0..1. */
export interface ModelEvaluation {
  readonly data: string;
  /** Cases in the data. */
  readonly n: number;
  /** YYYY-MM-DD */
  readonly date: string;
  readonly auc: number;
  readonly accuracy: number;
  readonly sensitivity: number;
  readonly specificity: number;
}

/** The model as it must be named wherever its output is shown. */
export interface ModelIdentity {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the ONNX file. */
  readonly sha256: string;
  readonly intendedUse: string;
  readonly publisher: string;
  readonly licence: string;
  /** Absent or empty: no evaluation is on file, and whoever shows its output says so. */
  readonly evaluation?: readonly ModelEvaluation[];
}

interface FindingBase {
  readonly study: Study;
  readonly order?: OrderFacts;
  readonly model: ModelIdentity;
  /** When the model ran; the finding's own time, not the clock of the report. */
  readonly ranAtMs: number;
  /** Of a model that asks for earlier images. */
  readonly priors?: FindingPriors;
  /** Wall time of decode, preprocess and run together. */
  readonly durationMs: number;
}

/** What a finding or a label of a mask means, in a code system. */
export interface FindingCode {
  readonly code: string;
  readonly system: string;
  readonly display: string;
}

/** Where an image lies in the patient (PS3.3 C.7.6.2), in mm; it comes from the header of the image that the mask is of. */
export interface MaskGeometry {
  readonly frameOfReferenceUid: string;
  /** Centre of the first pixel: x, y, z. */
  readonly position: readonly number[];
  /** Direction cosines of a row and of a column. */
  readonly orientation: readonly number[];
  /** Between rows, between columns. */
  readonly spacing: readonly number[];
  readonly thickness?: number;
}

/** Which pixels of one image a label covers. */
export interface FindingMask {
  readonly label: FindingCode;
  /** The image that was read; the mask has its rows and columns. */
  readonly sopInstanceUid: string;
  readonly rows: number;
  readonly columns: number;
  /** Of a multi-frame image, counted from 1. */
  readonly frame?: number;
  /** Base64 of 1 bit a pixel, row by row, the first pixel in the lowest bit of a byte, no padding between rows (PS3.5 8.1.1). */
  readonly bits: string;
  /** The packed bits were deflated (RFC 1951) before base64: masks are mostly empty. */
  readonly isDeflated?: boolean;
  readonly geometry?: MaskGeometry;
}

/** The model gave an answer for one image. */
export interface CompletedFinding extends FindingBase {
  readonly status: 'completed';
  readonly sopInstanceUid: string;
  readonly target: FindingCode;
  /** 0..1, as the model gave it, not calibrated further. */
  readonly probability: number;
  readonly threshold: number;
  readonly positive: boolean;
  /** At most `limits.findingMasksMax`, together `limits.findingMaskBytesMax` of packed bits. */
  readonly masks?: readonly FindingMask[];
}

/** The model, or a guard in front of it, refused: out of distribution, not a number, pixels that can't be decoded. */
export interface RefusedFinding extends FindingBase {
  readonly status: 'refused';
  readonly sopInstanceUid?: string;
  /** A code of the error catalogue. */
  readonly code: string;
  readonly reason: string;
}

/** Answer of the grid (`application/vnd.bithive.finding+json`), accepted as a message of kind `finding`. */
export type Finding = CompletedFinding | RefusedFinding;

export const inferenceJobContentType = 'application/vnd.bithive.inference-job+json';
export const findingContentType = 'application/vnd.bithive.finding+json';
