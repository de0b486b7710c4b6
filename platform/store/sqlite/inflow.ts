import type { MessageId } from '../../../core/ids.ts';
import type { Message, NewMessage } from '../../../core/message.ts';
import type { AcceptReceipt } from '../../../core/ports/index.ts';
import type { Received } from './operations.ts';
import type { WorkReader } from './read/work-reader.ts';

/** Past this many a channel is behind, and reads its messages from the database again. */
const waitingMax = 10_000;
/** Messages that are kept as they came in; each may hold on to the buffer of a socket. */
const freshMax = 512;

interface Waiting {
  /** Ascending, which is the order of acceptance. */
  readonly ids: MessageId[];
  /** Everything up to here is in `ids` or done. */
  last: number;
}

/**
 * What waits in each channel, as the one writer tells it. After each commit the reading connection has to load every page anew, so asking
 * the database for a message that was in memory a moment ago costs more than storing it did. What is not known here is read.
 */
export class Inflow {
  /** Channels of which every waiting message is known. */
  readonly #known = new Map<string, Waiting>();
  readonly #fresh = new Map<MessageId, Message>();

  /** In order of commits, before whoever accepted is answered. */
  told(received: readonly Received[]): void {
    for (const [channel, id] of received) {
      const waiting = this.#known.get(channel);
      // A read may have seen a commit before its news came.
      if (waiting === undefined || id <= waiting.last) continue;
      if (waiting.ids.length >= waitingMax) {
        this.#known.delete(channel);
        continue;
      }
      waiting.ids.push(id);
      waiting.last = id;
    }
  }

  /** Keeps a message as the database would give it back: only what has nothing that the database adds. */
  keep(message: NewMessage, receipt: AcceptReceipt): void {
    const isPlain =
      receipt.outcome === 'stored' &&
      receipt.status === 'received' &&
      message.body.kind === 'inline' &&
      message.facts === undefined;
    if (isPlain && this.#fresh.size < freshMax) {
      this.#fresh.set(receipt.id, { ...message, id: receipt.id, status: 'received' });
    }
  }

  next(reader: WorkReader, channel: string, limit: number): readonly Message[] {
    const messages = this.#fromMemory(reader, channel, limit);
    if (messages !== null) return messages;
    const rows = reader.nextMessages(channel, limit);
    if (rows.length < limit) {
      const ids = rows.map(({ id }) => id);
      this.#known.set(channel, { ids, last: ids.at(-1) ?? 0 });
    }
    return rows;
  }

  done(channel: string, ids: readonly MessageId[]): void {
    for (const id of ids) this.#fresh.delete(id);
    const waiting = this.#known.get(channel);
    if (waiting === undefined) return;
    const gone = new Set(ids);
    const first = waiting.ids.findIndex((id) => !gone.has(id));
    waiting.ids.splice(0, first < 0 ? waiting.ids.length : first);
    if (waiting.ids.some((id) => gone.has(id))) this.#known.delete(channel);
  }

  /** After a write whose end is not certain. */
  forget(channel?: string): void {
    if (channel === undefined) this.#known.clear();
    else this.#known.delete(channel);
  }

  #fromMemory(reader: WorkReader, channel: string, limit: number): readonly Message[] | null {
    const waiting = this.#known.get(channel);
    if (waiting === undefined) return null;
    const messages: Message[] = [];
    for (const id of waiting.ids.slice(0, limit)) {
      const message = this.#fresh.get(id) ?? reader.getMessage(id);
      if (message?.status !== 'received') {
        this.#known.delete(channel);
        return null;
      }
      messages.push(message);
    }
    return messages;
  }
}
