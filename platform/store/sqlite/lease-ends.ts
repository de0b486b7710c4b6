import { stateCode } from './codes.ts';
import type { Database } from './driver.ts';

/**
 * Brings in the leases that end later than any lease of today may: they were written under a clock that ran ahead, by a process that is
 * gone, and nothing would be processed or sent until that day. For the one owner of the folder, before it starts.
 */
export function capLeases(database: Database, untilMs: number): void {
  database.prepare('UPDATE channel_leases SET lease_until = ? WHERE lease_until > ?').run(untilMs, untilMs);
  database
    .prepare(`UPDATE deliveries SET lease_until = ? WHERE state = ${stateCode.leased} AND lease_until > ?`)
    .run(untilMs, untilMs);
}
