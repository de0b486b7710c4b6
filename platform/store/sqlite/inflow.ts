import type { MessageId } from '../../../core/ids.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { Message, NewMessage } from '../../../core/message.ts';
import type { AcceptReceipt } from '../../../core/ports/index.ts';
import type { Received } from './operations.ts';
import type { WorkReader } from './read/work-reader.ts';

/** Past this many a channel is behind, and reads its messages from the database again. */
const waitingMax = 10_000;
/** Messages that are kept as they came in. */
const freshMax = 512;
/** What they may hold on to: a body may be a slice of the buffer of a socket, or of a whole batch. */
const freshBytesMax = 32 * 1024 * 1024;
/** What the facts of an image hold on to, but for its longer texts. */
const factsBytes = 4 * 1024;

interface Waiting {
  /** Ascending, which is the order of acceptance. */
  readonly ids: MessageId[];
  /** Everything up to here is in `ids` or done. */
  last: number;
}
interface Fresh {
  readonly message: Message;
  /** Of the buffer behind the body, and of the facts. */
  readonly heldBytes: number;
}

/**
 * What waits in each channel, as the one writer tells it. After each commit the reading connection has to load every page anew, so asking
 * the database for a message that was in memory a moment ago costs more than storing it did. What is not known here is read.
 */
export class Inflow {
  /** Channels of which every waiting message is known. */
  readonly #known = new Map<string, Waiting>();
  readonly #fresh = new Map<MessageId, Fresh>();
  #freshBytes = 0;

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
    const { body, facts } = message;
    if (receipt.outcome !== 'stored' || receipt.status !== 'received') return;
    const heldBytes =
      (body.kind === 'inline' ? body.bytes.buffer.byteLength : 0) +
      (facts === undefined ? 0 : bytesOfFacts(facts));
    if (this.#fresh.size >= freshMax || this.#freshBytes + heldBytes > freshBytesMax) return;
    this.#fresh.set(receipt.id, { message: { ...message, id: receipt.id, status: 'received' }, heldBytes });
    this.#freshBytes += heldBytes;
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
    for (const id of ids) this.#drop(id);
    const waiting = this.#known.get(channel);
    if (waiting === undefined) return;
    const gone = new Set(ids);
    const first = waiting.ids.findIndex((id) => !gone.has(id));
    waiting.ids.splice(0, first < 0 ? waiting.ids.length : first);
    if (waiting.ids.some((id) => gone.has(id))) this.#known.delete(channel);
  }

  /** After a write whose end is not certain: what it took may be done, and would be kept for ever. */
  forget(channel?: string): void {
    if (channel === undefined) this.#known.clear();
    else this.#known.delete(channel);
    for (const [id, { message }] of this.#fresh) {
      if (channel === undefined || message.channel === channel) this.#drop(id);
    }
  }

  #drop(id: MessageId): void {
    this.#freshBytes -= this.#fresh.get(id)?.heldBytes ?? 0;
    this.#fresh.delete(id);
  }

  #fromMemory(reader: WorkReader, channel: string, limit: number): readonly Message[] | null {
    const waiting = this.#known.get(channel);
    if (waiting === undefined) return null;
    const messages: Message[] = [];
    for (const id of waiting.ids.slice(0, limit)) {
      const message = this.#fresh.get(id)?.message ?? reader.getMessage(id);
      if (message?.status !== 'received') {
        this.#known.delete(channel);
        return null;
      }
      messages.push(message);
    }
    return messages;
  }
}

/** Texts as long as a header may have them, and the lists that the notice of an archive has. */
function bytesOfFacts(facts: JsonObject): number {
  let bytes = factsBytes;
  for (const value of Object.values(facts)) {
    if (typeof value === 'string') bytes += value.length;
    else if (typeof value === 'object' && value !== null) bytes += JSON.stringify(value).length;
  }
  return bytes;
}
