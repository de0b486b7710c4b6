import { setImmediate } from 'node:timers/promises';
import type { Knex } from 'knex';
import { limits } from '../../../../core/limits.ts';
import type { Message, MessageSummary } from '../../../../core/message.ts';
import type { MessageFacts, MessageQuery } from '../../../../core/ports/index.ts';
import { statusCode } from '../codes.ts';
import type { Database, Row } from '../driver.ts';
import {
  messageOf,
  messageOwnFactsOf,
  messageOwnFactsSelection,
  messageSelection,
  messageSummaryOf,
  messageSummarySelection,
} from '../rows.ts';
import { termOf, termText } from '../terms/search-terms.ts';
import { SegmentSearch } from '../terms/segment-search.ts';

/** Rows looked at before the event loop runs again. */
const scanRows = 8192;
const candidatesPerQuery = 500;

const spanSql = 'SELECT (SELECT min(seq) FROM messages) AS low, (SELECT max(seq) FROM messages) AS high';

/** A stretch of messages to look at; `candidates` where the search keys were found in a segment. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly candidates: readonly number[] | null;
}

interface RowsRequest {
  readonly query: MessageQuery;
  readonly selection: string;
  readonly texts: readonly string[];
  readonly stretch: Stretch;
  readonly limit: number;
}

/** Searches from the newest message back, one stretch at a time, so that no question holds up the engine. */
export class MessageSearch {
  readonly #database: Database;
  readonly #knex: Knex;
  readonly #segments: SegmentSearch;
  readonly #seed: number;

  constructor(database: Database, knex: Knex) {
    this.#database = database;
    this.#knex = knex;
    this.#segments = new SegmentSearch(database);
    const seed = database.prepare("SELECT value FROM meta WHERE name = 'fingerprint_seed'").get()?.value;
    this.#seed = (seed ?? 0) as number;
  }

  async find(query: MessageQuery): Promise<Message[]> {
    return (await this.#found(query, messageSelection)).map(messageOf);
  }

  /** Without bodies. */
  async list(query: MessageQuery): Promise<MessageSummary[]> {
    return (await this.#found(query, messageSummarySelection)).map(messageSummaryOf);
  }

  async facts(query: MessageQuery): Promise<MessageFacts[]> {
    return (await this.#found(query, messageOwnFactsSelection)).map(messageOwnFactsOf);
  }

  async #found(query: MessageQuery, selection: string): Promise<Row[]> {
    const limit = Math.min(query.limit, limits.searchRowsMax);
    const texts = (query.keys ?? []).map(({ name, value }) => termText(name, value));
    // One aggregate is a seek; two in one question are a scan of the table.
    const span = this.#database.prepare(spanSql).get();
    const found: Row[] = [];
    let upper = Math.min((span?.high ?? 0) as number, (query.before ?? Number.MAX_SAFE_INTEGER) - 1);
    while (upper >= ((span?.low ?? 1) as number) && found.length < limit) {
      const stretch = this.#stretch(query, texts, upper);
      for (const [nth, part] of parts(stretch).entries()) {
        if (found.length >= limit) break;
        // Hundreds of parts may have nothing that the rest of the question wants.
        if (nth > 0) await setImmediate();
        found.push(
          ...(await this.#rows({ query, selection, texts, stretch: part, limit: limit - found.length })),
        );
      }
      upper = stretch.from - 1;
      await setImmediate();
    }
    return found;
  }

  /** Synchronous in one read transaction: a merge may remove a segment between two turns. */
  #stretch(query: MessageQuery, texts: readonly string[], upper: number): Stretch {
    this.#database.exec('BEGIN');
    try {
      const segment = this.#segments.at(upper);
      if (segment === null || segment.last < upper) {
        return {
          from: Math.max(segment ? segment.last + 1 : 1, upper - scanRows + 1),
          to: upper,
          candidates: null,
        };
      }
      const isOutside =
        segment.receivedMax < (query.sinceMs ?? 0) ||
        segment.receivedMin > (query.untilMs ?? Number.MAX_SAFE_INTEGER);
      if (isOutside) return { from: segment.base, to: upper, candidates: [] };
      if (texts.length === 0) {
        return { from: Math.max(segment.base, upper - scanRows + 1), to: upper, candidates: null };
      }
      const terms = texts.map((text) => termOf(text, this.#seed));
      const candidates = this.#segments.find(segment, terms, upper);
      return { from: segment.base, to: upper, candidates };
    } finally {
      this.#database.exec('COMMIT');
    }
  }

  async #rows({ query, selection, texts, stretch, limit }: RowsRequest): Promise<Row[]> {
    const builder = this.#knex('messages as m')
      .leftJoin('outcomes as o', 'o.seq', 'm.seq')
      .leftJoin('origins as g', 'g.id', 'm.origin')
      .select(this.#knex.raw(selection))
      .where('m.seq', '>=', stretch.from)
      .where('m.seq', '<=', stretch.to)
      .orderBy('m.seq', 'desc')
      .limit(limit);
    if (stretch.candidates) builder.whereIn('m.seq', stretch.candidates);
    if (query.channel !== undefined) builder.where('m.channel', query.channel);
    // By id, not over the join: a condition on a joined table lets the planner begin there, and sort what it finds.
    const origins = (part: object) => this.#knex('origins').select('id').where(part);
    if (query.kind !== undefined) builder.whereIn('m.origin', origins({ kind: query.kind }));
    if (query.type !== undefined) builder.whereIn('m.origin', origins({ type: query.type }));
    // A literal, not a binding: only then can a partial index be chosen.
    if (query.status !== undefined) builder.whereRaw(`m.status = ${statusCode[query.status]}`);
    if (query.sinceMs !== undefined) builder.where('m.received_at', '>=', query.sinceMs);
    if (query.untilMs !== undefined) builder.where('m.received_at', '<=', query.untilMs);
    for (const text of texts) builder.whereRaw('instr(m.search_keys, ?) > 0', [text]);
    return await builder;
  }
}

function parts(stretch: Stretch): Stretch[] {
  if (stretch.candidates === null) return [stretch];
  const slices: Stretch[] = [];
  for (let at = 0; at < stretch.candidates.length; at += candidatesPerQuery) {
    slices.push({ ...stretch, candidates: stretch.candidates.slice(at, at + candidatesPerQuery) });
  }
  return slices;
}
