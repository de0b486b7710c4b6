import type { Knex } from 'knex';
import { limits } from '../../../../core/limits.ts';
import type { Message, MessageSummary } from '../../../../core/message.ts';
import type { MessageFacts, MessageQuery } from '../../../../core/ports/index.ts';
import { statusCode } from '../../sqlite/codes.ts';
import { termText } from '../../sqlite/terms/search-terms.ts';
import { cleanText } from '../clean-text.ts';
import { searchTerm } from '../marks.ts';
import {
  type MessageOwnFactsRow,
  type MessageRow,
  type MessageSummaryRow,
  messageOf,
  messageOwnFactsOf,
  messageOwnFactsSelection,
  messageSelection,
  messageSummaryOf,
  messageSummarySelection,
} from '../rows.ts';
import type { Session } from '../session-pool.ts';
import { queryOf, sql } from './query-builder.ts';

/** Newest first. What the index of terms finds is verified on the row: two keys may share a term. */
export async function searchMessages(session: Session, query: MessageQuery): Promise<Message[]> {
  return (await found<MessageRow>(session, query, messageSelection)).map(messageOf);
}

/** As `searchMessages`, without bodies. */
export async function listMessages(session: Session, query: MessageQuery): Promise<MessageSummary[]> {
  return (await found<MessageSummaryRow>(session, query, messageSummarySelection)).map(messageSummaryOf);
}

/** As `listMessages`, of each only what it says of itself. */
export async function listFacts(session: Session, query: MessageQuery): Promise<MessageFacts[]> {
  return (await found<MessageOwnFactsRow>(session, query, messageOwnFactsSelection)).map(messageOwnFactsOf);
}

function found<R>(session: Session, query: MessageQuery, selection: string): Promise<R[]> {
  const builder = sql('messages as m')
    .leftJoin('outcomes as o', 'o.seq', 'm.seq')
    .select(sql.raw(selection))
    .orderBy('m.seq', 'desc')
    .limit(Math.min(query.limit, limits.searchRowsMax));
  for (const [at, { name, value }] of (query.keys ?? []).entries()) {
    const text = cleanText(termText(name, value));
    const listed = `t${at}`;
    builder
      .join(sql.raw('search_terms as ??', [listed]), `${listed}.seq`, 'm.seq')
      .where(`${listed}.term`, searchTerm(text))
      .whereRaw('position(? in m.search_keys) > 0', [text]);
  }
  narrow(builder, query);
  return session.query<R>(...queryOf(builder));
}

function narrow(builder: Knex.QueryBuilder, query: MessageQuery): void {
  if (query.channel !== undefined) builder.where('m.channel', query.channel);
  if (query.kind !== undefined) builder.where('m.kind', query.kind);
  if (query.type !== undefined) builder.where('m.type', cleanText(query.type));
  if (query.sinceMs !== undefined) builder.where('m.received_at', '>=', query.sinceMs);
  if (query.untilMs !== undefined) builder.where('m.received_at', '<=', query.untilMs);
  if (query.before !== undefined) builder.where('m.seq', '<', query.before);
  if (query.status === 'received') {
    builder.whereRaw('exists (select 1 from waiting w where w.channel = m.channel and w.seq = m.seq)');
  } else if (query.status === 'quarantined') {
    // Two short indexes, instead of the status of every message.
    builder.whereRaw(`m.seq in (select seq from messages where refusal is not null
      union all select seq from outcomes where status = ${statusCode.quarantined})`);
  } else if (query.status !== undefined) {
    builder.where('o.status', statusCode[query.status]);
  }
}
