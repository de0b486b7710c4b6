import type { WritableDataset } from '../../formats/dicom/index.ts';
import type { DeidentifyPolicy } from './policy.ts';
import type { Pseudonyms } from './pseudonyms.ts';

/** What became of dates when objects left (`deidentify: { options }`). */
export type SentDates = 'modified' | 'full' | 'removed';

/** By which rules objects left, as far as it matters when something about them comes back. */
export interface SentBy {
  readonly dates: SentDates;
  /** `retain-uids`: the originals' UIDs left with them. */
  readonly keepsUids: boolean;
}

/** A study of which objects left without their patient, as the hospital has it. */
export interface SentStudy extends SentBy {
  readonly studyInstanceUid: string;
  readonly pseudonyms: Pseudonyms;
  /** When the first of its objects left. */
  readonly sentFromMs: number;
  /** Those that may have been sent, in the order in which they came. */
  readonly instances: readonly SentInstance[];
  /** Whether an object of this name, of whatever study, left by the same destination, or may have. */
  wasSent(sopInstanceUid: string): Promise<boolean>;
}

export interface SentInstance {
  readonly sopInstanceUid: string;
  readonly seriesInstanceUid: string;
  readonly accessionNumber: string;
  /** As `patientOf` names it. */
  readonly patient: string;
  /** Whether it left, or may have. */
  wasSent(): Promise<boolean>;
  /** The original without its pixels. */
  read(): Promise<WritableDataset>;
}

export function sentByOf({ options }: DeidentifyPolicy): SentBy {
  const dates = options.has('retain-full-dates')
    ? 'full'
    : options.has('retain-modified-dates')
      ? 'modified'
      : 'removed';
  return { dates, keepsUids: options.has('retain-uids') };
}
