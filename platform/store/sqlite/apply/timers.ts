import type { Database, Statement } from '../driver.ts';
import type { Operations } from '../operations.ts';
import type { ChannelLeases } from './channel-leases.ts';
import type { Inbox } from './inbox.ts';

/** A timer that is due becomes a message, so that a replay sees it as everything else that came in. */
export class Timers {
  readonly #leases: ChannelLeases;
  readonly #inbox: Inbox;
  readonly #due: Statement;
  readonly #remove: Statement;

  constructor(database: Database, leases: ChannelLeases, inbox: Inbox) {
    this.#leases = leases;
    this.#inbox = inbox;
    this.#due = database.prepare(timersDueSql);
    this.#remove = database.prepare('DELETE FROM timers WHERE channel = ? AND key = ? AND name = ?');
  }

  fire({ lease, channelVersion, nowMs, limit }: Operations['fireTimers']['request']): number {
    this.#leases.require(lease);
    const due = this.#due.all(lease.channel, nowMs, limit);
    for (const row of due) {
      this.#remove.run(lease.channel, row.key as string, row.name as string);
      this.#inbox.accept({
        channel: lease.channel,
        channelVersion,
        kind: 'timer',
        type: row.name as string,
        sender: 'bithive',
        contentType: 'application/json',
        receivedAtMs: nowMs,
        keys: [row.key as string],
        searchKeys: [],
        body: { kind: 'inline', bytes: new TextEncoder().encode(row.payload as string) },
        facts: { dueAtMs: row.due_at as number },
      });
    }
    return due.length;
  }
}

export const timersDueSql = 'SELECT * FROM timers WHERE channel = ? AND due_at <= ? ORDER BY due_at LIMIT ?';
