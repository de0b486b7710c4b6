import type { JsonObject } from '../../core/json.ts';
import { limits } from '../../core/limits.ts';
import type { Arrival, Refusal, SearchKey, SearchKeyName } from '../../core/message.ts';
import type { StoredBlob } from '../../core/ports/index.ts';
import type { InstanceFacts } from '../../core/study.ts';
import type { ObjectUids } from './file-meta.ts';

/**
 * The message of a readable instance. Its facts are the instance's, its blob's hash and size: what a StudyInstance is made of.
 *
 * @param blob with the hash of the data set alone: the same object through another door, or from another sender, is a duplicate
 */
export function instanceArrival(facts: InstanceFacts, blob: StoredBlob, sender: string): Arrival {
  const contentHash = blob.tailHash ?? blob.hash;
  return {
    ...common(blob, sender),
    type: facts.sopClassUid,
    searchKeys: searchKeys([
      ['mrn', facts.patientId],
      ['accession', facts.accessionNumber],
      ['study-uid', facts.studyInstanceUid],
      ['sop-uid', facts.sopInstanceUid],
    ]),
    dedupe: { key: `sop|${facts.sopInstanceUid}`, contentHash },
    facts: { ...(facts as unknown as JsonObject), blob: blob.hash, bytesCount: blob.bytesCount },
  };
}

/**
 * The message of a refused instance: kept with the reason. It is deduplicated by its content only, so that a good object with the
 * same UID, or the same object sent to its right study, is not taken for a duplicate of the refused one.
 */
export function refusedArrival(
  refusal: Refusal,
  uids: ObjectUids,
  blob: StoredBlob,
  sender: string,
  facts?: InstanceFacts,
): Arrival {
  const readable = facts === undefined ? undefined : instanceArrival(facts, blob, sender);
  return {
    ...common(blob, sender),
    type: uids.sopClassUid ?? 'unreadable',
    searchKeys: readable?.searchKeys ?? searchKeys([['sop-uid', uids.sopInstanceUid]]),
    ...(readable?.facts === undefined ? {} : { facts: readable.facts }),
    dedupe: { key: `refused|${refusal.code}|${blob.hash}`, contentHash: blob.hash },
    refusal,
  };
}

function common(blob: StoredBlob, sender: string) {
  return {
    kind: 'dicom',
    sender,
    contentType: 'application/dicom',
    body: { kind: 'blob', hash: blob.hash, bytesCount: blob.bytesCount },
  } as const satisfies Partial<Arrival>;
}

function searchKeys(names: readonly (readonly [SearchKeyName, string | undefined])[]): SearchKey[] {
  const keys: SearchKey[] = [];
  for (const [name, value] of names) {
    if (value !== undefined && value !== '') keys.push([name, value.slice(0, limits.searchKeyCharsMax)]);
  }
  return keys;
}
