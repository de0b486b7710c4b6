import { type DicomDataset, datasetOf, type WritableDataset } from '../../../formats/dicom/index.ts';
import { attribute } from '../attribute.ts';

export interface SopReference {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
}

export interface FailedReference extends SopReference {
  /** Failure Reason (0008,1197). */
  readonly reason: number;
}

/** What an archive vouches for, and what not (PS3.4 J.3.3.1.2). */
export interface CommitmentReport {
  readonly transactionUid: string;
  readonly committed: readonly SopReference[];
  readonly failed: readonly FailedReference[];
}

const referencesOf = (dataset: DicomDataset, sequence: string): readonly FailedReference[] =>
  dataset.sequence(attribute(sequence)).map((item) => ({
    sopClassUid: item.text(attribute('ReferencedSOPClassUID')) ?? '',
    sopInstanceUid: item.text(attribute('ReferencedSOPInstanceUID')) ?? '',
    reason: item.number(attribute('FailureReason')) ?? 0x0110,
  }));

/** Transaction UID and references of an N-ACTION (PS3.4 J.3.2.1.1). */
export function readCommitmentRequest(dataset: DicomDataset): {
  readonly transactionUid: string | undefined;
  readonly references: readonly SopReference[];
} {
  return {
    transactionUid: dataset.text(attribute('TransactionUID')),
    references: referencesOf(dataset, 'ReferencedSOPSequence'),
  };
}

export const writeCommitmentRequest = (
  transactionUid: string,
  references: readonly SopReference[],
): WritableDataset =>
  datasetOf({ TransactionUID: transactionUid, ReferencedSOPSequence: references.map(itemOf) });

export function readReport(dataset: DicomDataset): CommitmentReport {
  return {
    transactionUid: dataset.text(attribute('TransactionUID')) ?? '',
    committed: referencesOf(dataset, 'ReferencedSOPSequence'),
    failed: referencesOf(dataset, 'FailedSOPSequence'),
  };
}

export function writeReport({ transactionUid, committed, failed }: CommitmentReport): WritableDataset {
  const failures = failed.map(
    (one) => new Map([...itemOf(one), ...datasetOf({ FailureReason: one.reason })]),
  );
  return datasetOf({
    TransactionUID: transactionUid,
    ...(committed.length > 0 ? { ReferencedSOPSequence: committed.map(itemOf) } : {}),
    ...(failures.length > 0 ? { FailedSOPSequence: failures } : {}),
  });
}

const itemOf = ({ sopClassUid, sopInstanceUid }: SopReference): WritableDataset =>
  datasetOf({ ReferencedSOPClassUID: sopClassUid, ReferencedSOPInstanceUID: sopInstanceUid });
