import type { Refusal } from '../../core/message.ts';
import type { InstanceFacts } from '../../core/study.ts';

/**
 * What a store request holds against one of its parts: an instance of another study than the address names, a part of another type. A part
 * may leave its type out; the request has told it then.
 */
export function objectionOf(
  study: string | undefined,
  contentType: string | undefined,
): (facts: InstanceFacts | null) => Refusal | undefined {
  return (facts) => {
    if (facts !== null && study !== undefined && study !== facts.studyInstanceUid) {
      return {
        code: 'BH_DICOM_STUDY_MISMATCH',
        detail: 'the instance is not of the study in the address',
      };
    }
    const type = contentType?.split(';')[0]?.trim().toLowerCase();
    if (type === undefined || type === 'application/dicom' || type === 'application/octet-stream') return;
    return { code: 'BH_HTTP_MEDIA_TYPE', detail: 'a part that is not application/dicom' };
  };
}
