import { setImmediate as nextTurn } from 'node:timers/promises';
import { BitHiveError } from '../../core/errors.ts';
import type { MessageId } from '../../core/ids.ts';
import { limits } from '../../core/limits.ts';
import type { Message } from '../../core/message.ts';
import type { Blobs, Store } from '../../core/ports/index.ts';
import { type Hl7Message, parseMessage } from '../../formats/hl7v2/index.ts';
import {
  type Change,
  DiffSummary,
  diffMessage,
  type Hl7ToFhirMap,
  type MapDiff,
} from '../../mappings/index.ts';
import { mapVersionOf } from '../../pipelines/channel/bound-text.ts';
import { diffEdits, diffOutbound, type TwoMaps } from './diff-hl7.ts';
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
    const { hl7ToFhir: map } = await maps.map(mapVersion);
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
    const { beside } = await maps.record(maps.latest);
    const before = await maps.map(maps.latest);
    const content = { files, rows: maps.ownRows, ...(beside === undefined ? {} : { beside }) };
    const both = { before, after: await maps.compile(content, 'overlay') };
    const summary = new DiffSummary(query.examples);
    const kinds =
      before.fhirToHl7.version === both.after.fhirToHl7.version
        ? (['hl7v2'] as const)
        : (['hl7v2', 'fhir'] as const);
    for await (const message of this.#newest(query, kinds)) {
      await this.#compare(message, both, summary);
      // A thousand messages must not hold up those that come in.
      await nextTurn();
    }
    return summary.result(before.hl7ToFhir.version, both.after.hl7ToFhir.version);
  }

  async #compare(message: Message, both: TwoMaps, summary: DiffSummary): Promise<void> {
    const { id, type, channel, channelVersion } = message;
    const none = { residue: [], issues: [] };
    if (message.kind === 'fhir') {
      const changes = await this.#outbound(message, both);
      if (changes === null) summary.unread();
      else summary.add(String(id), type, changes, none, none);
      return;
    }
    const parsed = await this.#parsed(message, both.after.hl7ToFhir);
    if (parsed === null) {
      summary.unread();
      return;
    }
    const maps = { before: both.before.hl7ToFhir, after: both.after.hl7ToFhir };
    const { changes, ...notes } = diffMessage(parsed, maps, contextOf(message));
    const channelText = (await this.#options.store.channelText(channel, channelVersion)) ?? '';
    const edits = diffEdits(parsed, channelText, both);
    summary.add(String(id), type, [...changes, ...edits], notes.before, notes.after);
  }

  /** Null: it makes no message. */
  async #outbound(message: Message, both: TwoMaps): Promise<readonly Change[] | null> {
    const { receivedAtMs, id } = message;
    try {
      const body = new TextDecoder('utf-8', { fatal: true }).decode(await this.#bytes(message));
      return diffOutbound(body, { receivedAtMs, controlId: String(id) }, both);
    } catch (error) {
      if (error instanceof TypeError || (error instanceof BitHiveError && error.entry.permanent)) return null;
      throw error;
    }
  }

  async *#newest(query: DiffQuery, kinds: readonly ('hl7v2' | 'fhir')[]): AsyncGenerator<Message> {
    for (const kind of kinds) yield* this.#newestOf(kind, query);
  }

  async *#newestOf(
    kind: 'hl7v2' | 'fhir',
    { channel, type, sinceMs, untilMs, limit }: DiffQuery,
  ): AsyncGenerator<Message> {
    const { store } = this.#options;
    const asked = {
      kind,
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
