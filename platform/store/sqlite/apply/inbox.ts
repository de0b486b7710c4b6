import type { MessageId } from '../../../../core/ids.ts';
import type { NewMessage, Refusal } from '../../../../core/message.ts';
import type { AcceptReceipt } from '../../../../core/ports/index.ts';
import { storableText } from '../../storable-text.ts';
import { statusCode, statusOf } from '../codes.ts';
import type { Database, Row, Statement } from '../driver.ts';
import { jsonOrNull } from '../rows.ts';
import { packSearchKeys, termsOf } from '../terms/search-terms.ts';
import type { Numbers } from './numbers.ts';
import { markOf, type RecentMessages } from './recent-messages.ts';
import type { WorkList } from './work-list.ts';

/** Holders of one dedupe key are chained by `conflicts_with`; past this many the newest content counts as new. */
const conflictsFollowed = 16;

/** Numbers and inserts messages, and knows the duplicates. */
export class Inbox {
  readonly #insertUsual: Statement;
  readonly #insertFull: Statement;
  readonly #holder: Statement;
  readonly #numbers: Numbers;
  readonly #recent: RecentMessages;
  readonly #work: WorkList;

  constructor(database: Database, numbers: Numbers, recent: RecentMessages, work: WorkList) {
    this.#numbers = numbers;
    this.#recent = recent;
    this.#work = work;
    // Binding costs more than inserting: the columns that most messages leave empty have a statement of their own.
    this.#insertUsual = database.prepare(`INSERT INTO messages (seq, channel, status, origin, received_at,
      keys, search_keys, dedupe_key, content_hash, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#insertFull = database.prepare(`INSERT INTO messages (seq, channel, status, origin, received_at,
      keys, search_keys, dedupe_key, content_hash, body,
      refusal, facts, parent, replay_of, conflicts_with, blob_hash, blob_bytes)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#holder =
      database.prepare(`SELECT m.channel, m.dedupe_key, m.content_hash, m.conflicts_with, m.status,
      coalesce(o.refusal, m.refusal) AS refusal
      FROM messages m LEFT JOIN outcomes o ON o.seq = m.seq WHERE m.seq = ?`);
  }

  accept(arrived: NewMessage): AcceptReceipt {
    const message = withStorableKey(arrived);
    // A replay is meant, the operator asks for the same bytes again; and it must not stand before those that it replays.
    const isMarked = message.dedupe !== undefined && message.replayOf === undefined;
    const mark = isMarked ? markOf(message.channel, message.dedupe.key, this.#recent.seed) : 0;
    const earlier = mark > 0 ? this.#recent.duplicates.find(mark) : undefined;
    if (earlier === undefined) return this.#insert(message, mark);
    return this.#compare(message, mark, earlier);
  }

  #compare(message: NewMessage, mark: number, newest: number): AcceptReceipt {
    let conflict: number | undefined;
    let seq: number | null = newest;
    for (let step = 0; seq !== null && step < conflictsFollowed; step += 1) {
      const holder: Row | undefined = this.#holder.get(seq);
      const isSameKey = holder?.channel === message.channel && holder.dedupe_key === message.dedupe?.key;
      if (!holder || !isSameKey) break;
      if (holder.content_hash === message.dedupe?.contentHash) return duplicateOf(seq, holder);
      conflict ??= seq;
      seq = holder.conflicts_with as number | null;
    }
    return this.#insert(message, mark, conflict);
  }

  #insert(message: NewMessage, mark: number, conflictsWith?: number): AcceptReceipt {
    const id = this.#numbers.nextMessage();
    const status = message.refusal ? 'quarantined' : 'received';
    const packed = packSearchKeys(message.searchKeys);
    const { body } = message;
    const usual = [
      id,
      message.channel,
      statusCode[status],
      this.#recent.origins.idOf(message, id),
      message.receivedAtMs,
      message.keys.length === 0 ? null : JSON.stringify(message.keys),
      packed,
      message.dedupe?.key ?? null,
      message.dedupe?.contentHash ?? null,
      body.kind === 'inline' ? body.bytes : null,
    ] as const;
    if (isUsual(message) && conflictsWith === undefined) this.#insertUsual.run(...usual);
    else this.#insertFull.run(...usual, ...rareValues(message, conflictsWith));
    const terms = packed === null ? [] : termsOf(packed, this.#recent.seed);
    this.#recent.add(id, terms, mark, message.receivedAtMs);
    if (status === 'received') this.#work.messages(message.channel, id);
    return {
      id,
      outcome: conflictsWith === undefined ? 'stored' : 'conflict',
      status,
      ...(message.refusal ? { refusal: message.refusal } : {}),
    };
  }
}

function withStorableKey(message: NewMessage): NewMessage {
  if (!message.dedupe) return message;
  const key = storableText(message.dedupe.key);
  return key === message.dedupe.key ? message : { ...message, dedupe: { ...message.dedupe, key } };
}

function isUsual(message: NewMessage): boolean {
  return (
    message.body.kind === 'inline' &&
    message.refusal === undefined &&
    message.facts === undefined &&
    message.parent === undefined &&
    message.replayOf === undefined
  );
}

function rareValues(message: NewMessage, conflictsWith: number | undefined) {
  const { body } = message;
  return [
    jsonOrNull(message.refusal),
    jsonOrNull(message.facts),
    message.parent ?? null,
    message.replayOf ?? null,
    conflictsWith ?? null,
    body.kind === 'blob' ? body.hash : null,
    body.kind === 'blob' ? body.bytesCount : null,
  ] as const;
}

function duplicateOf(seq: number, holder: Row): AcceptReceipt {
  const refusal = holder.refusal;
  return {
    id: seq as MessageId,
    outcome: 'duplicate',
    status: statusOf(holder.status as number),
    ...(typeof refusal === 'string' ? { refusal: JSON.parse(refusal) as Refusal } : {}),
  };
}
