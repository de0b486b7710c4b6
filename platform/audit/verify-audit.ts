import { BitHiveError } from '../../core/errors.ts';
import type { Store } from '../../core/ports/index.ts';
import { auditHash, auditHashFirst, canonicalJson } from '../store/index.ts';

const pageEvents = 1_000;

/**
 * Recomputes the hash chain of the audit trail from its first event.
 *
 * @returns how many events there are and the hash of the last one, to be compared with a note kept elsewhere
 * @throws BH_AUDIT_CHAIN naming the first event that was changed, removed or put in
 */
export async function verifyAudit(
  store: Pick<Store, 'readAudit'>,
): Promise<{ readonly events: number; readonly lastHash: string }> {
  let lastHash = auditHashFirst;
  let events = 0;
  for (;;) {
    const page = await store.readAudit(events + 1, pageEvents);
    for (const { seq, hash, ...event } of page) {
      if (seq !== events + 1) throw new BitHiveError('BH_AUDIT_CHAIN', `event ${events + 1} is missing`);
      lastHash = auditHash(lastHash, canonicalJson(event));
      if (lastHash !== hash) throw new BitHiveError('BH_AUDIT_CHAIN', `event ${seq} does not fit its hash`);
      events = seq;
    }
    // A page that is not full is the end. Waiting for an empty one would never end where reading is an event itself.
    if (page.length < pageEvents) return { events, lastHash };
  }
}
