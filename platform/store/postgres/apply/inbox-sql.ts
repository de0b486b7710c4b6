import type { Statement } from '../session-pool.ts';

/** A message that holds a mark, first or with other content. */
export interface Holder {
  readonly mark: string;
  readonly seq: number;
  readonly content_hash: string;
  readonly status: number;
  readonly refusal: string | null;
}

/**
 * $1: rows as JSON, $2: their bodies in one block. Numbers are drawn in the order of the rows; the rows are inserted in the order
 * of their marks, so that two nodes with the same marks wait for each other in one direction only.
 */
export const insertMessagesStatement: Statement = {
  name: 'insert-messages',
  text: `WITH given AS MATERIALIZED (
    SELECT nextval('message_seq') AS seq, r.* FROM json_to_recordset($1::json) AS r(
      ord int, channel text, channel_version int, kind text, type text, sender text, content_type text,
      received_at bigint, keys text[], search_keys text, terms bigint[], dedupe_key text, content_hash text,
      first_mark uuid, conflict_mark uuid, conflicts_with bigint, refusal text, facts text, parent bigint,
      replay_of bigint, blob_hash text, blob_bytes bigint, at int, length int)),
  stored AS (
    INSERT INTO messages SELECT seq, channel, channel_version, kind, type, sender, content_type, received_at, keys,
      search_keys, dedupe_key, content_hash, first_mark, conflict_mark, conflicts_with, refusal, facts, parent,
      replay_of, blob_hash, blob_bytes,
      CASE WHEN blob_hash IS NULL THEN substring($2::bytea FROM at + 1 FOR length) END
    FROM given ORDER BY coalesce(first_mark, conflict_mark), seq ON CONFLICT DO NOTHING RETURNING seq),
  waits AS (
    INSERT INTO waiting SELECT channel, seq FROM given JOIN stored USING (seq) WHERE refusal IS NULL),
  found AS (
    INSERT INTO search_terms SELECT DISTINCT term, seq FROM given JOIN stored USING (seq), unnest(terms) AS term)
  SELECT given.seq, stored.seq IS NOT NULL AS stored FROM given LEFT JOIN stored USING (seq) ORDER BY given.ord`,
};

const holder = `m.seq, m.content_hash, coalesce(o.status, CASE WHEN m.refusal IS NULL THEN 2 ELSE 5 END) AS status,
  coalesce(o.refusal, m.refusal) AS refusal FROM messages m LEFT JOIN outcomes o ON o.seq = m.seq`;

/** $1: marks of keys, $2: marks of keys with their content. */
export const findHoldersStatement: Statement = {
  name: 'find-holders',
  text: `SELECT m.first_mark AS mark, ${holder} WHERE m.first_mark = ANY($1::uuid[])
    UNION ALL SELECT m.conflict_mark AS mark, ${holder} WHERE m.conflict_mark = ANY($2::uuid[])`,
};
