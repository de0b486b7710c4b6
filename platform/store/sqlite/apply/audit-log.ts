import type { AuditEvent } from '../../../../core/ports/index.ts';
import { auditHash, auditHashFirst } from '../../audit-chain.ts';
import { canonicalJson } from '../../canonical-json.ts';
import type { Database, Statement } from '../driver.ts';

/** Appends to the hash chain of audit events. */
export class AuditLog {
  readonly #last: Statement;
  readonly #insert: Statement;

  constructor(database: Database) {
    this.#last = database.prepare('SELECT seq, hash FROM audit_events ORDER BY seq DESC LIMIT 1');
    this.#insert = database.prepare('INSERT INTO audit_events VALUES (?, ?, ?)');
  }

  append(event: AuditEvent): number {
    const last = this.#last.get();
    const seq = ((last?.seq ?? 0) as number) + 1;
    const text = canonicalJson(event);
    this.#insert.run(seq, text, auditHash((last?.hash ?? auditHashFirst) as string, text));
    return seq;
  }
}
