import type { NewMessage } from '../../../../core/message.ts';
import { storableText } from '../../storable-text.ts';
import type { Database, Statement } from '../driver.ts';

/** Known ones are forgotten past this many: a sender may put anything in the fields that make an origin. */
const knownMax = 20_000;
/** A message has a number of at most this much more than the `last_seq` of its origin. */
export const originSpan = 65_536;
/** Removed at a time, so that retention does not hold up the writer. */
const removedMax = 500;

interface Known {
  readonly id: number;
  lastSeq: number;
}

/**
 * What most messages of a feed have in common, written once: channel version, kind, type, sender, content type. It saves five
 * bindings and sixty bytes per message, a tenth of the accept path (docs/decisions/0002-store.md).
 *
 * An index over the origins of messages would cost the accept path what they save. So each origin holds about its last message,
 * brought up to date once in `originSpan` messages: with every message up to there gone, nobody needs the origin.
 */
export class Origins {
  readonly #find: Statement;
  readonly #insert: Statement;
  readonly #use: Statement;
  readonly #remove: Statement;
  #known = new Map<string, Known>();

  constructor(database: Database) {
    this.#find =
      database.prepare(`SELECT id, last_seq FROM origins WHERE sender = ? AND type = ? AND channel_version = ?
      AND kind = ? AND content_type = ?`);
    this.#insert =
      database.prepare(`INSERT INTO origins (sender, type, channel_version, kind, content_type, last_seq)
      VALUES (?, ?, ?, ?, ?, ?) RETURNING id, last_seq`);
    this.#use = database.prepare('UPDATE origins SET last_seq = ? WHERE id = ?');
    this.#remove = database.prepare(originsRemoveSql);
  }

  /** The origin of a message that is about to be inserted under `seq`. */
  idOf(message: NewMessage, seq: number): number {
    const { sender, type, channelVersion, kind, contentType } = message;
    const name = `${sender}\u001f${type}\u001f${channelVersion}\u001f${kind}\u001f${contentType}`;
    const known = this.#known.get(name) ?? this.#learn(name, message, seq);
    if (seq - known.lastSeq > originSpan) {
      this.#use.run(seq, known.id);
      known.lastSeq = seq;
    }
    return known.id;
  }

  /** Every message before `seq` is gone: so are the origins that only they had, a bounded number of them at a time. */
  dropBefore(seq: number): void {
    const { changes } = this.#remove.run(seq - originSpan, removedMax);
    if (changes !== 0) this.#known = new Map();
  }

  #learn(name: string, message: NewMessage, seq: number): Known {
    const { sender, type, channelVersion, kind, contentType } = message;
    const values = [
      storableText(sender),
      storableText(type),
      channelVersion,
      kind,
      storableText(contentType),
    ] as const;
    const row = this.#find.get(...values) ?? this.#insert.get(...values, seq);
    const known = { id: row?.id as number, lastSeq: row?.last_seq as number };
    if (this.#known.size >= knownMax) this.#known = new Map();
    this.#known.set(name, known);
    return known;
  }
}

export const originsRemoveSql = `DELETE FROM origins WHERE id IN (
  SELECT id FROM origins WHERE last_seq < ? ORDER BY last_seq LIMIT ?)`;
