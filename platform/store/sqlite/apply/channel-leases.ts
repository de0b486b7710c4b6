import { BitHiveError } from '../../../../core/errors.ts';
import type { ChannelLease } from '../../../../core/ports/index.ts';
import type { Database, Statement } from '../driver.ts';
import type { Operations } from '../operations.ts';

/** Who may process a channel. A new holder gets a higher epoch, and everything under the old one is refused. */
export class ChannelLeases {
  readonly #read: Statement;
  readonly #write: Statement;
  readonly #release: Statement;

  constructor(database: Database) {
    this.#read = database.prepare('SELECT owner, epoch, lease_until FROM channel_leases WHERE channel = ?');
    this.#write = database.prepare('INSERT OR REPLACE INTO channel_leases VALUES (?, ?, ?, ?)');
    this.#release = database.prepare(
      'UPDATE channel_leases SET lease_until = 0 WHERE channel = ? AND owner = ? AND epoch = ?',
    );
  }

  take(request: Operations['leaseChannel']['request']): ChannelLease | null {
    const { channel, owner, nowMs, leaseMs } = request;
    const held = this.#read.get(channel);
    const heldEpoch = (held?.epoch ?? 0) as number;
    const isRunning = held !== undefined && (held.lease_until as number) > nowMs;
    if (isRunning && held.owner !== owner) return null;
    const epoch = isRunning ? heldEpoch : heldEpoch + 1;
    this.#write.run(channel, owner, epoch, nowMs + leaseMs);
    return { channel, owner, epoch };
  }

  release(lease: ChannelLease): void {
    this.#release.run(lease.channel, lease.owner, lease.epoch);
  }

  /** A lease that ran out and that nobody took still stands: the epoch fences, not the clock. */
  require(lease: ChannelLease): void {
    const held = this.#read.get(lease.channel);
    if (held?.owner === lease.owner && held.epoch === lease.epoch && held.lease_until !== 0) return;
    throw new BitHiveError('BH_STORE_FENCED', `channel ${lease.channel} is held by another owner`);
  }
}
