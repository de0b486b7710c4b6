import { setImmediate } from 'node:timers/promises';
import { type MessageId, messageId } from '../../../../core/ids.ts';
import { blobsOfNotices, mergedAscending } from '../../blobs-of-notices.ts';
import { statusCode } from '../codes.ts';
import type { Database } from '../driver.ts';

const scanRows = 8192;
const hashesPerPage = 1000;

export interface PruneScan {
  readonly roots: readonly MessageId[];
  /** Where the next scan goes on. */
  readonly nextSeq: number;
  readonly isAtEnd: boolean;
}

/** Old ended messages that nothing older leads to, in order, from `fromSeq`; whether they may go is decided by the writer. */
export async function scanRemovable(
  database: Database,
  request: { readonly beforeMs: number; readonly channel?: string; readonly limit: number },
  fromSeq: number,
): Promise<PruneScan> {
  const statement =
    database.prepare(`SELECT seq, received_at, status, channel, parent, replay_of FROM messages
    WHERE seq >= ? ORDER BY seq LIMIT ${scanRows}`);
  const roots: MessageId[] = [];
  let nextSeq = fromSeq;
  for (;;) {
    const rows = statement.all(nextSeq);
    for (const row of rows) {
      if (roots.length >= request.limit) return { roots, nextSeq, isAtEnd: false };
      if ((row.received_at as number) >= request.beforeMs) return { roots, nextSeq, isAtEnd: true };
      nextSeq = (row.seq as number) + 1;
      const isMeant = request.channel === undefined || row.channel === request.channel;
      if (isMeant && row.status !== statusCode.received) roots.push(messageId(row.seq as number));
    }
    if (rows.length < scanRows) return { roots, nextSeq, isAtEnd: true };
    await setImmediate();
  }
}

/** The body of an instance under its study: an expression index serves it. */
const itemBlob = "json_extract(value, '$.blob')";

/** Every blob that a row names, each once, in ascending order. */
export function blobHashes(database: Database): AsyncIterable<string> {
  // First: a notice that is processed meanwhile has become a fact of its study, which is read after it.
  const waiting = database.prepare(noticesSql).all();
  return mergedAscending(blobsOfNotices(waiting.map((row) => row.facts as string)), blobsOfRows(database));
}

const noticesSql = `SELECT m.facts FROM messages m JOIN origins g ON g.id = m.origin
  WHERE m.status = ${statusCode.received} AND g.kind = 'notice' AND m.facts IS NOT NULL`;

async function* blobsOfRows(database: Database): AsyncIterable<string> {
  const statement = database.prepare(`SELECT hash FROM (
      SELECT DISTINCT blob_hash AS hash FROM messages WHERE blob_hash IS NOT NULL AND blob_hash > ?1
      UNION SELECT DISTINCT blob_hash FROM deliveries WHERE blob_hash IS NOT NULL AND blob_hash > ?1
      UNION SELECT DISTINCT ${itemBlob} FROM state_items WHERE ${itemBlob} IS NOT NULL AND ${itemBlob} > ?1)
    ORDER BY hash LIMIT ${hashesPerPage}`);
  let after = '';
  for (;;) {
    const rows = statement.all(after);
    for (const row of rows) {
      after = row.hash as string;
      yield after;
    }
    if (rows.length < hashesPerPage) return;
    await setImmediate();
  }
}
