import { tags } from '../../../formats/dicom/index.ts';
import { noticeArrival } from '../../dicom-objects/notice-arrival.ts';
import { attribute, itemsBelow } from '../attribute.ts';
import { statuses } from '../message/statuses.ts';
import { nService, refused } from './n-service.ts';
import type { NoticeOptions } from './procedure-step.ts';
import type { Service } from './service.ts';

/** N-CREATE of an Instance Availability Notification (PS3.4 R.3): the instances of a study that an archive has. */
export function takeAvailability({ accept, blobs }: NoticeOptions): Service {
  return nService(async (_, attributes, sender) => {
    const studyInstanceUid = attributes.text(tags.studyInstanceUid);
    if (studyInstanceUid === undefined) return refused(statuses.missingAttribute, 'no Study Instance UID');
    const sopInstanceUids = itemsBelow(attributes, 'ReferencedSeriesSequence', 'ReferencedSOPSequence')
      .filter((item) => item.text(attribute('InstanceAvailability')) !== 'UNAVAILABLE')
      .flatMap((item) => item.text(attribute('ReferencedSOPInstanceUID')) ?? []);
    const notice = { notice: 'ian', studyInstanceUid, sopInstanceUids } as const;
    const accepted = await accept(await noticeArrival(notice, { sender, blobs }));
    return accepted.kind === 'refused'
      ? refused(statuses.processingFailure, accepted.error.code)
      : { status: statuses.success };
  });
}
