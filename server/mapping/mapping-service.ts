import { setImmediate as nextTurn } from 'node:timers/promises';
import { BitHiveError } from '../../core/errors.ts';
import type { MessageId } from '../../core/ids.ts';
import { limits } from '../../core/limits.ts';
import type { Message } from '../../core/message.ts';
import type { Blobs, Store } from '../../core/ports/index.ts';
import { type Hl7Message, parseMessage } from '../../formats/hl7v2/index.ts';
import { DiffSummary, diffMessage, type Hl7ToFhirMap, type MapDiff } from '../../mappings/index.ts';
import { mapVersionOf } from '../../pipelines/channel/bound-text.ts';
import { explainMessage, type MessageExplanation } from './explain-view.ts';
import type { Deployed, MapDeployment, MapVersionView } from './map-deployment.ts';
import type { MapRecord } from './map-record.ts';
import type { MapStore } from './map-store.ts';

/** Which kept messages are compared: the newest that match. */
export interface DiffQuery {
  readonly channel?: string;
  readonly type?: string;
  readonly sinceMs?: number;
  readonly untilMs?: number;
  readonly limit: number;
  /** Messages whose differences are listed one by one. */
  readonly examples: number;
}

export interface MappingServiceOptions {
  readonly store: Pick<Store, 'getMessage' | 'searchMessages' | 'channelText'>;
  readonly blobs: Pick<Blobs, 'read'>;
  readonly maps: MapStore;
  readonly deployment: MapDeployment;
}

const pageMessages = 50;

/** What operators ask of the map, behind the API and behind the command line that opened the data folder itself. */
export class MappingService {
  readonly #options: MappingServiceOptions;

  constructor(options: MappingServiceOptions) {
    this.#options = options;
  }

  versions(limit: number): Promise<readonly MapVersionView[]> {
    return this.#options.deployment.versions(limit);
  }

  deploy(given: Pick<MapRecord, 'files' | 'by' | 'note'>): Promise<Deployed> {
    return this.#options.deployment.deploy(given);
  }

  rollback(by: string, to?: number): Promise<Deployed> {
    return this.#options.deployment.rollback(by, to);
  }

  /**
   * Where every element of a message's Bundle came from, by the map that the message is bound to.
   *
   * @throws BH_STORE_NOT_FOUND; BH_HTTP_INPUT when it is no HL7 v2 message
   */
  async explain(id: MessageId): Promise<MessageExplanation & { readonly mapVersion: number }> {
    const { store, maps } = this.#options;
    const message = await store.getMessage(id);
    if (message === null) throw new BitHiveError('BH_STORE_NOT_FOUND', `there is no message ${id}`);
    if (message.kind !== 'hl7v2')
      throw new BitHiveError(
        'BH_HTTP_INPUT',
        `message ${id} is ${message.kind}; HL7 v2 messages are explained`,
      );
    const text = await store.channelText(message.channel, message.channelVersion);
    const mapVersion = mapVersionOf(text ?? '');
    const map = await maps.map(mapVersion);
    const parsed = parseMessage(await this.#bytes(message), { fallbackCharset: map.site.fallbackCharset });
    return { mapVersion, ...explainMessage(parsed, map, contextOf(message)) };
  }

  /**
   * Runs kept messages through the map in force and through another one.
   *
   * @throws BH_MAP_DEFINITION with file and line
   */
  async diff(files: MapRecord['files'], query: DiffQuery): Promise<MapDiff> {
    const { maps } = this.#options;
    const before = await maps.map(maps.latest);
    const after = maps.compile(files, 'overlay');
    const summary = new DiffSummary(query.examples);
    for await (const message of this.#newest(query)) {
      const parsed = await this.#parsed(message, after);
      if (parsed === null) summary.unread();
      else {
        const { changes, ...notes } = diffMessage(parsed, { before, after }, contextOf(message));
        summary.add(String(message.id), message.type, changes, notes.before, notes.after);
      }
      // A thousand messages must not hold up those that come in.
      await nextTurn();
    }
    return summary.result(before.version, after.version);
  }

  async *#newest({ channel, type, sinceMs, untilMs, limit }: DiffQuery): AsyncGenerator<Message> {
    const { store } = this.#options;
    const asked = {
      kind: 'hl7v2' as const,
      ...(channel === undefined ? {} : { channel }),
      ...(type === undefined ? {} : { type }),
      ...(sinceMs === undefined ? {} : { sinceMs }),
      ...(untilMs === undefined ? {} : { untilMs }),
    };
    let left = Math.min(limit, limits.mapDiffMessagesMax);
    let before: MessageId | undefined;
    while (left > 0) {
      const page = await store.searchMessages({
        ...asked,
        ...(before === undefined ? {} : { before }),
        limit: Math.min(pageMessages, left),
      });
      for (const message of page) if (message.status !== 'filtered') yield message;
      before = page.at(-1)?.id;
      left -= page.length;
      if (page.length === 0) return;
    }
  }

  async #parsed(message: Message, map: Hl7ToFhirMap): Promise<Hl7Message | null> {
    try {
      return parseMessage(await this.#bytes(message), { fallbackCharset: map.site.fallbackCharset });
    } catch (error) {
      if (error instanceof BitHiveError && error.entry.permanent) return null;
      throw error;
    }
  }

  async #bytes({ body }: Message): Promise<Uint8Array> {
    return body.kind === 'inline' ? body.bytes : this.#options.blobs.read(body.hash);
  }
}

const contextOf = ({ receivedAtMs, id }: Message) => ({ receivedAtMs, messageId: id });
