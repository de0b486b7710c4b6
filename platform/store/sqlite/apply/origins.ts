import type { NewMessage } from '../../../../core/message.ts';
import { storableText } from '../../storable-text.ts';
import type { Database, Statement } from '../driver.ts';

/** Known ones are forgotten past this many: a sender may put anything in the fields that make an origin. */
const knownMax = 20_000;

/**
 * What most messages of a feed have in common, written once: channel version, kind, type, sender, content type. It saves five
 * bindings and sixty bytes per message, a tenth of the accept path (docs/decisions/0002-store.md).
 */
export class Origins {
  readonly #find: Statement;
  readonly #insert: Statement;
  #known = new Map<string, number>();

  constructor(database: Database) {
    this.#find =
      database.prepare(`SELECT id FROM origins WHERE sender = ? AND type = ? AND channel_version = ?
      AND kind = ? AND content_type = ?`);
    this.#insert = database.prepare(`INSERT INTO origins (sender, type, channel_version, kind, content_type)
      VALUES (?, ?, ?, ?, ?) RETURNING id`);
  }

  idOf(message: NewMessage): number {
    const { sender, type, channelVersion, kind, contentType } = message;
    const name = `${sender}\u001f${type}\u001f${channelVersion}\u001f${kind}\u001f${contentType}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const values = [
      storableText(sender),
      storableText(type),
      channelVersion,
      kind,
      storableText(contentType),
    ] as const;
    const row = this.#find.get(...values) ?? this.#insert.get(...values);
    const id = row?.id as number;
    if (this.#known.size >= knownMax) this.#known = new Map();
    this.#known.set(name, id);
    return id;
  }
}
