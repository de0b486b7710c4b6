import { createHash } from 'node:crypto';
import { limits } from '../../core/limits.ts';
import type { Arrival, Body } from '../../core/message.ts';
import type { Blobs } from '../../core/ports/index.ts';
import { type StudyNotice, studyNoticeContentType } from '../../core/study-query.ts';

/** Names under which an operator finds each kind of notice. */
const typeOf: Readonly<Record<StudyNotice['notice'], string>> = {
  mpps: 'MPPS',
  ian: 'IAN',
  count: 'study-count',
  priors: 'study-priors',
  manual: 'study-manual',
  decision: 'study-decision',
};

/**
 * A notice of a study as the message that the engine accepts: from a door (MPPS, IAN), from an operator, or as the answer of a delivery that
 * asked an archive. Objects of priors must be in the blob store already; the facts name their blobs, so that none is swept while the
 * notice waits to be processed. A body over the inline limit goes to a blob.
 *
 * @param sender the calling AE title, the token's subject, the destination's name
 */
export async function noticeArrival(
  notice: StudyNotice,
  { sender, blobs }: { readonly sender: string; readonly blobs: Pick<Blobs, 'put'> },
): Promise<Arrival> {
  const bytes = new Uint8Array(Buffer.from(JSON.stringify(notice)));
  const { studyInstanceUid } = notice;
  const named = notice.notice === 'priors' ? blobsOf(notice) : [];
  return {
    kind: 'notice',
    type: typeOf[notice.notice],
    sender,
    contentType: studyNoticeContentType,
    body: await bodyOf(bytes, blobs),
    searchKeys: [['study-uid', studyInstanceUid.slice(0, limits.searchKeyCharsMax)]],
    ...dedupeOf(notice, bytes),
    facts: { studyInstanceUid, ...(named.length > 0 ? { blobs: named } : {}) },
  };
}

/**
 * What a device repeats word for word says nothing new. An answer or an operator's word does: the archive may count as many as
 * before when it is asked again, and the study waits for that.
 */
function dedupeOf(notice: StudyNotice, bytes: Uint8Array): Pick<Arrival, 'dedupe'> {
  if (notice.notice !== 'mpps' && notice.notice !== 'ian') return {};
  const contentHash = createHash('sha256').update(bytes).digest('hex');
  return { dedupe: { key: `notice|${notice.notice}|${contentHash}`, contentHash } };
}

const blobsOf = ({ studies }: StudyNotice & { readonly notice: 'priors' }): readonly string[] => [
  ...new Set(studies.flatMap(({ instances }) => instances.map(({ blob }) => blob))),
];

async function bodyOf(bytes: Uint8Array, blobs: Pick<Blobs, 'put'>): Promise<Body> {
  if (bytes.byteLength <= limits.inlineBodyBytesMax) return { kind: 'inline', bytes };
  const { hash, bytesCount } = await blobs.put(one(bytes), bytes.byteLength);
  return { kind: 'blob', hash, bytesCount };
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
