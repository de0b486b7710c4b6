import { BitHiveError } from '../../../../core/errors.ts';
import { type MessageId, messageId } from '../../../../core/ids.ts';
import { limits } from '../../../../core/limits.ts';
import type { NewMessage, Refusal, SearchKey } from '../../../../core/message.ts';
import type { AcceptReceipt } from '../../../../core/ports/index.ts';
import { statusOf } from '../../sqlite/codes.ts';
import { packSearchKeys, termText } from '../../sqlite/terms/search-terms.ts';
import { BodyBlock } from '../body-block.ts';
import { cleanText, jsonOrNull, wholeMs } from '../clean-text.ts';
import { markOf, searchTerm } from '../marks.ts';
import type { Session } from '../session-pool.ts';
import { findHoldersStatement, type Holder, insertMessagesStatement } from './inbox-sql.ts';

/** Two nodes that accept and prune the same key at once may make each other look again; more often is a fault. */
const roundsMax = 8;

/** An arrival on its way in. `earlier` is set once another message holds its dedupe key with other content. */
interface Entry {
  readonly at: number;
  readonly message: NewMessage;
  readonly mark: string | null;
  readonly contentMark: string | null;
  earlier: number | null;
}

/**
 * Numbers and inserts messages in the order given, and knows the duplicates. One statement, unless some have been here before: the
 * unique indexes over marks decide, also between two nodes, and only what they refuse is looked at.
 */
export async function acceptMessages(
  session: Session,
  messages: readonly NewMessage[],
): Promise<AcceptReceipt[]> {
  const receipts: AcceptReceipt[] = [];
  let open = messages.map(entryOf);
  for (let round = 0; open.length > 0; round += 1) {
    if (round >= roundsMax) throw new BitHiveError('BH_STORE_BUSY', 'a dedupe key changes hands too often');
    const refused: Entry[] = [];
    const stored = await insert(session, open);
    for (const [at, entry] of open.entries()) {
      const id = stored[at];
      if (id === null || id === undefined) refused.push(entry);
      else receipts[entry.at] = storedReceipt(entry, id);
    }
    open = refused.length === 0 ? [] : await compare(session, refused, receipts);
  }
  return receipts;
}

function entryOf(message: NewMessage, at: number): Entry {
  const { channel, dedupe, replayOf } = message;
  // A replay is meant: the operator asks for the same bytes again.
  if (!dedupe || replayOf !== undefined) return { at, message, mark: null, contentMark: null, earlier: null };
  const mark = markOf(channel, dedupe.key);
  return { at, message, mark, contentMark: markOf(channel, dedupe.key, dedupe.contentHash), earlier: null };
}

/** Ids in the order of the entries; null where an index refused. */
async function insert(session: Session, entries: readonly Entry[]): Promise<(MessageId | null)[]> {
  const block = new BodyBlock();
  const rows = entries.map((entry, ord) => ({ ord, ...columnsOf(entry), ...block.pack(entry.message.body) }));
  const stored = await session.query<{ seq: number; stored: boolean }>(insertMessagesStatement, [
    JSON.stringify(rows),
    block.bytes(),
  ]);
  return stored.map((row) => (row.stored ? messageId(row.seq) : null));
}

function columnsOf({ message, mark, contentMark, earlier }: Entry) {
  const packed = packSearchKeys(message.searchKeys);
  return {
    channel: message.channel,
    channel_version: message.channelVersion,
    kind: message.kind,
    type: cleanText(message.type),
    sender: cleanText(message.sender),
    content_type: cleanText(message.contentType),
    received_at: wholeMs(message.receivedAtMs),
    keys: message.keys.length === 0 ? null : message.keys.map(cleanText),
    search_keys: packed === null ? null : cleanText(packed),
    terms: termsOf(message.searchKeys),
    dedupe_key: message.dedupe ? cleanText(message.dedupe.key) : null,
    content_hash: message.dedupe ? cleanText(message.dedupe.contentHash) : null,
    first_mark: earlier === null ? mark : null,
    conflict_mark: earlier === null ? null : contentMark,
    conflicts_with: earlier,
    refusal: jsonOrNull(message.refusal),
    facts: jsonOrNull(message.facts),
    parent: message.parent ?? null,
    replay_of: message.replayOf ?? null,
  };
}

export function termsOf(keys: readonly SearchKey[]): number[] {
  const listed = keys.slice(0, limits.searchKeysPerMessageMax);
  return listed.map(([name, value]) => searchTerm(cleanText(termText(name, value))));
}

/** Answers the duplicates, and gives back those that have to be tried again. */
async function compare(
  session: Session,
  entries: readonly Entry[],
  receipts: AcceptReceipt[],
): Promise<Entry[]> {
  const holders = await session.query<Holder>(findHoldersStatement, [
    [...new Set(entries.map((entry) => entry.mark))],
    [...new Set(entries.map((entry) => entry.contentMark))],
  ]);
  const byMark = new Map(holders.map((holder) => [holder.mark.replaceAll('-', ''), holder]));
  return entries.filter((entry) => {
    const first = byMark.get(entry.mark!);
    const isSame = first && first.content_hash === cleanText(entry.message.dedupe!.contentHash);
    const holder = isSame ? first : byMark.get(entry.contentMark!);
    if (holder) receipts[entry.at] = duplicateReceipt(holder);
    entry.earlier = first ? first.seq : null;
    return holder === undefined;
  });
}

function storedReceipt({ message, earlier }: Entry, id: MessageId): AcceptReceipt {
  const outcome = earlier === null ? 'stored' : 'conflict';
  if (message.refusal) return { id, outcome, status: 'quarantined', refusal: message.refusal };
  return { id, outcome, status: 'received' };
}

function duplicateReceipt(holder: Holder): AcceptReceipt {
  const receipt = {
    id: messageId(holder.seq),
    outcome: 'duplicate' as const,
    status: statusOf(holder.status),
  };
  return holder.refusal === null ? receipt : { ...receipt, refusal: JSON.parse(holder.refusal) as Refusal };
}
