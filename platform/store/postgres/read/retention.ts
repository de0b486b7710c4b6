import type { Session, Statement } from '../session-pool.ts';

const hashesPerPage = 1000;

export interface PruneRequest {
  readonly beforeMs: number;
  readonly channel?: string;
  readonly limit: number;
}
export interface PruneScan {
  readonly roots: readonly number[];
  /** Where the next scan goes on. */
  readonly nextSeq: number;
  readonly isAtEnd: boolean;
}
interface ScanRow {
  readonly seq: number;
  readonly is_young: boolean;
  readonly is_root: boolean;
}

/** One stretch of old messages from `fromSeq`; whether they may go is decided when they are removed. */
export async function scanRemovable(
  session: Session,
  request: PruneRequest,
  fromSeq: number,
): Promise<PruneScan> {
  const rowsMax = Math.min(500, Math.max(1, request.limit));
  const values = [fromSeq, request.beforeMs, request.channel ?? null, rowsMax];
  const rows = await session.query<ScanRow>(scanStatement, values);
  const end = rows.findIndex((row) => row.is_young);
  const old = end < 0 ? rows : rows.slice(0, end);
  return {
    roots: old.filter((row) => row.is_root).map((row) => row.seq),
    nextSeq: (old.at(-1)?.seq ?? fromSeq - 1) + 1,
    isAtEnd: end >= 0 || rows.length < rowsMax,
  };
}

/** A page of the blobs that rows name, each once, after the last one of the page before. */
export async function blobHashesAfter(session: Session, after: string): Promise<readonly string[]> {
  const rows = await session.query<{ hash: string }>(hashesStatement, [after]);
  return rows.map((row) => row.hash);
}

/** Blobs that waiting notices name: see `blobsOfNotices`. */
export async function noticeFacts(session: Session): Promise<readonly string[]> {
  const rows = await session.query<{ facts: string }>(noticesStatement, []);
  return rows.map(({ facts }) => facts);
}

const noticesStatement: Statement = {
  text: `SELECT m.facts FROM waiting w JOIN messages m ON m.seq = w.seq
    WHERE m.kind = 'notice' AND m.facts IS NOT NULL`,
};
const scanStatement: Statement = {
  text: `SELECT m.seq, m.received_at >= $2::bigint AS is_young,
      ($3::text IS NULL OR m.channel = $3) AND NOT EXISTS (
        SELECT 1 FROM waiting w WHERE w.channel = m.channel AND w.seq = m.seq) AS is_root
    FROM messages m WHERE m.seq >= $1::bigint ORDER BY m.seq LIMIT $4`,
};
/** The body that a fact under a state names (an instance of a study), as the index of migration 0002 has it. */
const itemBlob = `substring(value from '"blob":"([0-9a-f]{64})"')`;
/** By the hash's own bytes, whatever the collation of the database: the indexes are not used for order, only for presence. */
const hashesStatement: Statement = {
  text: `SELECT hash FROM (
      SELECT blob_hash AS hash FROM messages WHERE blob_hash IS NOT NULL AND blob_hash > $1
      UNION SELECT blob_hash FROM deliveries WHERE blob_hash IS NOT NULL AND blob_hash > $1
      UNION SELECT ${itemBlob} FROM state_items WHERE ${itemBlob} IS NOT NULL AND ${itemBlob} > $1) named
    ORDER BY hash LIMIT ${hashesPerPage}`,
};
