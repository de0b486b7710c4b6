import type { Refusal } from '../../core/message.ts';
import type { ObjectUids } from '../dicom-objects/file-meta.ts';
import { entryOf, type InstanceResult } from '../dicom-objects/instance-result.ts';
import { type DicomJson, type DicomJsonAttribute, sequence, uid, unsignedShort, url } from './dicom-json.ts';

/**
 * Warning Reason of an instance that was stored and flagged, in practice one whose UID is held by an object with other content. PS3.18 I.2.1
 * has no code for it and allows more of the class Bxxx; this one recalls 0111H, duplicate SOP instance (PS3.7 C.5.7).
 */
export const storedAndFlagged = 0xb111;

/** HTTP status of a store request whose body was read to its end (PS3.18 10.5.3.1). */
export function storeStatus(results: readonly InstanceResult[]): number {
  const isStored = results.some((result) => result.kind === 'stored');
  if (isStored) {
    const isPlain = results.every((result) => result.kind === 'stored' && result.warning === undefined);
    return isPlain ? 200 : 202;
  }
  const statuses = new Set(
    results.map((result) => (result.kind === 'refused' ? entryOf(result.error).http : 0)),
  );
  // One cause for all of them that the client can act upon is told as such; PS3.18 has 409 for a mixture.
  const [status = 409] = statuses;
  return statuses.size === 1 && [415, 503, 507].includes(status) ? status : 409;
}

/** The Store Instances Response Module (PS3.18 I.1), items in the order of the request. `base` is the root of the service. */
export function storeResponse(results: readonly InstanceResult[], base: string): DicomJson {
  const stored = results.flatMap((result) =>
    result.kind === 'stored' ? [referencedItem(result, base)] : [],
  );
  const failed = results.flatMap((result) =>
    result.kind === 'refused' ? [failedItem(result.uids, result.error)] : [],
  );
  const studies = new Set(
    results.flatMap((result) => (result.kind === 'stored' ? [result.facts.studyInstanceUid] : [])),
  );
  const [study] = studies;
  return {
    '00081190': url(studies.size === 1 && study !== undefined ? studyUrl(base, study) : undefined),
    ...(failed.length === 0 ? {} : { '00081198': sequence(failed) }),
    ...(stored.length === 0 ? {} : { '00081199': sequence(stored) }),
  };
}

function referencedItem(result: InstanceResult & { kind: 'stored' }, base: string): DicomJson {
  const { facts, warning } = result;
  const series = `${studyUrl(base, facts.studyInstanceUid)}/series/${encodeURIComponent(facts.seriesInstanceUid)}`;
  return {
    '00081150': uid(facts.sopClassUid),
    '00081155': uid(facts.sopInstanceUid),
    '00081190': url(`${series}/instances/${encodeURIComponent(facts.sopInstanceUid)}`),
    ...(warning === undefined
      ? {}
      : { '00081196': unsignedShort(storedAndFlagged), '00000902': comment(warning) }),
  };
}

/** UIDs that could not be read are sent empty: the client sees by the count and the order which of its parts it was. */
function failedItem(uids: ObjectUids, error: Refusal): DicomJson {
  return {
    '00081150': uid(uids.sopClassUid),
    '00081155': uid(uids.sopInstanceUid),
    '00081197': unsignedShort(entryOf(error).dicom),
    '00000902': comment(error),
  };
}

/** Error Comment (0000,0902), LO: the catalogue's code and as much of the sentence as 64 characters hold. */
function comment(refusal: Refusal): DicomJsonAttribute {
  const text = `${refusal.code}: ${refusal.detail}`.replaceAll(/[\\\u0000-\u001f\u007f]/g, ' ');
  return { vr: 'LO', Value: [text.slice(0, 64)] };
}

function studyUrl(base: string, study: string): string {
  return `${base}/studies/${encodeURIComponent(study)}`;
}
