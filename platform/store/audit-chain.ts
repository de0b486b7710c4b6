import { createHash } from 'node:crypto';

/** What stands before the first event. */
export const auditHashFirst = '0'.repeat(64);

/** SHA-256 over the previous event's hash (64 hexadecimal digits) and this event's canonical JSON. */
export function auditHash(previous: string, canonicalEvent: string): string {
  return createHash('sha256').update(previous).update(canonicalEvent).digest('hex');
}
