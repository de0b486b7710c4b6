import type { AuditEvent } from '../../../../core/ports/index.ts';
import { auditHash, auditHashFirst } from '../../audit-chain.ts';
import { canonicalJson } from '../../canonical-json.ts';
import { advisory } from '../advisory.ts';
import type { Session, Statement } from '../session-pool.ts';

const lockStatement: Statement = {
  name: 'lock-audit',
  text: `SELECT pg_advisory_xact_lock(${advisory.audit.join(', ')})`,
};
const lastStatement: Statement = {
  name: 'last-audit',
  text: 'SELECT seq, hash FROM audit_events ORDER BY seq DESC LIMIT 1',
};
const insertStatement: Statement = {
  name: 'insert-audit',
  text: `INSERT INTO audit_events SELECT seq, event, hash FROM json_to_recordset($1::json)
    AS r(seq bigint, event text, hash text)`,
};

/** Appends to the hash chain, one node at a time; answers the numbers. */
export async function appendAudit(session: Session, events: readonly AuditEvent[]): Promise<number[]> {
  await session.query(lockStatement);
  const [last] = await session.query<{ seq: number; hash: string }>(lastStatement);
  let seq = last?.seq ?? 0;
  let hash = last?.hash ?? auditHashFirst;
  const rows = events.map((event) => {
    // Lone surrogates and NUL are escapes in JSON text, so the text is kept to the byte that was hashed.
    const text = canonicalJson(event);
    seq += 1;
    hash = auditHash(hash, text);
    return { seq, event: text, hash };
  });
  await session.query(insertStatement, [JSON.stringify(rows)]);
  return rows.map((row) => row.seq);
}
