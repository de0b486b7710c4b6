import { cleanText } from '../clean-text.ts';
import { searchTerm } from '../marks.ts';
import type { Session, Statement } from '../session-pool.ts';
import { isOpenSql } from './settle-sql.ts';

/** A tree with more descendants is left alone: its removal would hold up the work. */
const treeMessagesMax = 10_000;

interface Member {
  readonly root: number;
  readonly seq: number;
  readonly search_keys: string | null;
  readonly is_kept: boolean;
}

/** Removes ended messages with all that came of them: a message, its answers and replays, their deliveries and published facts, as one. */
export async function pruneTrees(
  session: Session,
  roots: readonly number[],
  beforeMs: number,
): Promise<number> {
  const members = await session.query<Member>(pruneSql.trees, [roots, beforeMs, treeMessagesMax]);
  if (members.length > treeMessagesMax) return pruneHalves(session, roots, beforeMs);
  const kept = new Set(members.filter((member) => member.is_kept).map((member) => member.root));
  const going = members.filter((member) => !kept.has(member.root));
  // Under the locks of their rows, so that an operator's retry and this do not pass each other.
  const open = await session.query<{ message: number }>(pruneSql.holdDeliveries, [
    going.map((one) => one.seq),
  ]);
  const isOpen = new Set(open.map((row) => row.message));
  const staying = new Set(going.filter((one) => isOpen.has(one.seq)).map((one) => one.root));
  const removed = new Map(going.filter((one) => !staying.has(one.root)).map((one) => [one.seq, one]));
  if (removed.size === 0) return 0;
  await session.query(pruneSql.removeTerms, [JSON.stringify([...removed.values()].flatMap(termRows))]);
  await session.query(pruneSql.remove, [[...removed.keys()]]);
  return removed.size;
}

/** Too much hangs on these roots together; a single one that has too much is left alone. */
async function pruneHalves(session: Session, roots: readonly number[], beforeMs: number): Promise<number> {
  if (roots.length === 1) return 0;
  const half = Math.ceil(roots.length / 2);
  const first = await pruneTrees(session, roots.slice(0, half), beforeMs);
  return first + (await pruneTrees(session, roots.slice(half), beforeMs));
}

const separator = '\u001e';

function termRows({ seq, search_keys }: Member) {
  if (search_keys === null) return [];
  const texts = search_keys.slice(1, -1).split(separator);
  return texts.map((text) => ({ seq, term: searchTerm(cleanText(`${separator}${text}${separator}`)) }));
}

/** Proved by the plan test to be seeks. */
export const pruneSql = {
  /**
   * $1: roots, $2: time, $3: limit. A root with an ancestor that is still there is passed over; the tree of one that has a
   * member that waits or is young is marked as kept.
   */
  trees: {
    text: `WITH RECURSIVE tree AS (
      SELECT m.seq AS root, m.seq FROM messages m WHERE m.seq = ANY($1::bigint[])
        AND NOT EXISTS (SELECT 1 FROM messages p WHERE p.seq = m.parent OR p.seq = m.replay_of)
      UNION
      SELECT tree.root, child.seq FROM tree CROSS JOIN LATERAL (
        SELECT c.seq FROM messages c WHERE c.parent = tree.seq
        UNION ALL SELECT c.seq FROM messages c WHERE c.replay_of = tree.seq) AS child),
    bounded AS MATERIALIZED (SELECT * FROM tree LIMIT $3::int + 1)
    SELECT b.root, b.seq, m.search_keys,
      (m.received_at >= $2::bigint OR w.seq IS NOT NULL) AS is_kept
    FROM bounded b JOIN messages m ON m.seq = b.seq
    LEFT JOIN waiting w ON w.channel = m.channel AND w.seq = m.seq`,
  },
  holdDeliveries: {
    text: `WITH held AS MATERIALIZED (
        SELECT message, state FROM deliveries WHERE message = ANY($1::bigint[]) ORDER BY id FOR UPDATE)
      SELECT DISTINCT message FROM held WHERE ${isOpenSql}`,
  },
  removeTerms: {
    text: `DELETE FROM search_terms s USING json_to_recordset($1::json) AS r(term bigint, seq bigint)
      WHERE s.term = r.term AND s.seq = r.seq`,
  },
  remove: {
    text: `WITH gone AS MATERIALIZED (SELECT id FROM deliveries WHERE message = ANY($1::bigint[])),
      bodies AS (DELETE FROM delivery_bodies WHERE id IN (SELECT id FROM gone)),
      tried AS (DELETE FROM attempts WHERE delivery IN (SELECT id FROM gone)),
      sent AS (DELETE FROM deliveries WHERE id IN (SELECT id FROM gone)),
      ended AS (DELETE FROM outcomes WHERE seq = ANY($1::bigint[])),
      facts AS (DELETE FROM states WHERE message = ANY($1::bigint[]) RETURNING mark),
      items AS (DELETE FROM state_items WHERE mark IN (SELECT mark FROM facts))
      DELETE FROM messages WHERE seq = ANY($1::bigint[])`,
  },
} as const satisfies Record<string, Statement>;
