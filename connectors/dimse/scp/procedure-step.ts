import type { Accept, Blobs } from '../../../core/ports/index.ts';
import type { StudyNotice } from '../../../core/study-query.ts';
import { type DicomDataset, tags } from '../../../formats/dicom/index.ts';
import { noticeArrival } from '../../dicom-objects/notice-arrival.ts';
import { attribute, itemsBelow } from '../attribute.ts';
import { derivedUid } from '../derived-uid.ts';
import { statuses } from '../message/statuses.ts';
import type { HeldRecords } from './held-records.ts';
import { type NAnswer, nService, refused } from './n-service.ts';
import type { Service } from './service.ts';

export interface NoticeOptions {
  readonly accept: Accept;
  readonly blobs: Blobs;
  readonly records: HeldRecords;
}

type StepStatus = (StudyNotice & { readonly notice: 'mpps' })['status'];

const stepStatuses: Readonly<Record<string, StepStatus>> = {
  'IN PROGRESS': 'in progress',
  COMPLETED: 'completed',
  DISCONTINUED: 'discontinued',
};

/** N-CREATE of a Modality Performed Procedure Step (PS3.4 F.7.2.1): it begins, and is in progress. */
export function createStep(options: NoticeOptions): Service {
  return nService(async ({ command }, attributes, sender) => {
    const stepUid =
      command.affectedSopInstanceUid ??
      derivedUid('step', sender, command.messageId ?? 0, studiesOf(attributes).join());
    if (statusOf(attributes) !== 'in progress') {
      return refused(statuses.invalidAttributeValue, 'a step begins IN PROGRESS');
    }
    const studies = studiesOf(attributes);
    if (studies.length === 0) {
      return refused(statuses.missingAttribute, 'no Study Instance UID in the Scheduled Step Attributes');
    }
    const known = await options.records.studiesOfStep(stepUid);
    if (known.some(({ status }) => status !== 'in progress')) {
      return refused(statuses.duplicateSopInstance, 'the step has ended');
    }
    for (const studyInstanceUid of studies) {
      const refusal = await tell(options, sender, { studyInstanceUid, stepUid, status: 'in progress' });
      if (refusal !== null) return refusal;
    }
    return { status: statuses.success, affectedSopInstanceUid: stepUid };
  });
}

/** N-SET (PS3.4 F.7.2.2): it goes on, or has ended with the instances that it names. */
export function setStep(options: NoticeOptions): Service {
  return nService(async ({ command }, attributes, sender) => {
    const stepUid = command.requestedSopInstanceUid ?? '';
    const known = await options.records.studiesOfStep(stepUid);
    if (known.length === 0) return refused(statuses.noSuchSopInstance, 'no such procedure step');
    if (known.some((one) => one.status !== 'in progress')) {
      return refused(statuses.processingFailure, 'the step has ended and may not be updated any more');
    }
    const status = statusOf(attributes) ?? 'in progress';
    const made = status === 'in progress' ? {} : { sopInstanceUids: instancesOf(attributes) };
    for (const { studyInstanceUid } of known) {
      const refusal = await tell(options, sender, { studyInstanceUid, stepUid, status, ...made });
      if (refusal !== null) return refusal;
    }
    return { status: statuses.success };
  });
}

/** The answer where it was not kept; null where it was. The step's UID is a search key, for its N-SET names nothing else. */
async function tell(
  { accept, blobs }: NoticeOptions,
  sender: string,
  step: Omit<StudyNotice & { readonly notice: 'mpps' }, 'notice'>,
): Promise<NAnswer | null> {
  const arrival = await noticeArrival({ notice: 'mpps', ...step }, { sender, blobs });
  const { stepUid, status } = step;
  const accepted = await accept({
    ...arrival,
    searchKeys: [...arrival.searchKeys, ['sop-uid', stepUid]],
    facts: { ...arrival.facts, stepUid, status },
  });
  if (accepted.kind !== 'refused') return null;
  return refused(statuses.processingFailure, accepted.error.code);
}

const statusOf = (attributes: DicomDataset): StepStatus | undefined =>
  stepStatuses[attributes.text(attribute('PerformedProcedureStepStatus')) ?? ''];

/** A step may serve several requests, as a rule of one study. */
function studiesOf(attributes: DicomDataset): readonly string[] {
  const scheduled = itemsBelow(attributes, 'ScheduledStepAttributesSequence');
  return [...new Set(scheduled.flatMap((item) => item.text(tags.studyInstanceUid) ?? []))];
}

function instancesOf(attributes: DicomDataset): readonly string[] {
  const series = 'PerformedSeriesSequence';
  const items = [
    ...itemsBelow(attributes, series, 'ReferencedImageSequence'),
    ...itemsBelow(attributes, series, 'ReferencedNonImageCompositeSOPInstanceSequence'),
  ];
  return [...new Set(items.flatMap((item) => item.text(attribute('ReferencedSOPInstanceUID')) ?? []))];
}
