import { limits } from '../../core/limits.ts';
import type { NewMessage } from '../../core/message.ts';
import type { Clock, Store } from '../../core/ports/index.ts';
import type { SentBy } from '../../mappings/deidentify/index.ts';
import type { DeidentifiedOptions } from './deidentified-destination.ts';

/** The type of the message that tells under which name a study left. */
export const sentRecordType = 'deidentified';

export interface SentRecord extends SentBy {
  readonly sentBy: string;
  readonly studyInstanceUid: string;
}

const dayMs = 86_400_000;

/**
 * Before an object leaves, the engine notes under which Study Instance UID and by which rules: a message of the channel, found by that UID, with the original as its
 * parent. Without it nobody could tell which study a result is of, for pseudonyms cannot be computed backwards. One a study and day: a note that is still
 * within the retention of what leaves now.
 */
export function sentRecords({
  store,
  clock,
  channel,
  name,
  dates,
  keepsUids,
}: SentBy & {
  readonly store: Pick<Store, 'accept'>;
  readonly clock: Clock;
  readonly channel: string;
  readonly name: string;
}): DeidentifiedOptions['leaves'] {
  return async ({ messageId, channelVersion }, { studyInstanceUid: sentStudyUid, uids }) => {
    if (sentStudyUid === '') return;
    const nowMs = clock.nowMs();
    const [studyInstanceUid] = [...uids].find(([, made]) => made === sentStudyUid) ?? [sentStudyUid];
    const record = { sentBy: name, studyInstanceUid, dates, keepsUids } satisfies SentRecord;
    const rules = `${name}|${sentStudyUid}|${dates}|${keepsUids}`;
    const message: NewMessage = {
      kind: 'answer',
      type: sentRecordType,
      sender: name,
      contentType: 'application/json',
      body: { kind: 'inline', bytes: new Uint8Array(0) },
      searchKeys: [['study-uid', sentStudyUid.slice(0, limits.searchKeyCharsMax)]],
      dedupe: {
        key: `${channel}|${sentRecordType}|${rules}|${Math.floor(nowMs / dayMs)}`,
        contentHash: rules,
      },
      facts: record,
      parent: messageId,
      channel,
      channelVersion,
      receivedAtMs: nowMs,
      keys: [],
    };
    await store.accept(message);
  };
}
