import { BitHiveError } from '../../../../core/errors.ts';
import type { DeliveryId } from '../../../../core/ids.ts';
import type {
  ChannelLease,
  CommitReceipt,
  DeliveryClaim,
  ProcessedMessage,
} from '../../../../core/ports/index.ts';
import { statusCode } from '../codes.ts';
import type { Database, Statement } from '../driver.ts';
import { jsonOrNull } from '../rows.ts';
import type { ChannelLeases } from './channel-leases.ts';
import { Grants } from './grants.ts';
import type { Outbox } from './outbox.ts';
import type { States } from './states.ts';
import type { WorkList } from './work-list.ts';

/** Writes what `process` decided about a batch. */
export class Processing {
  readonly #parts: {
    readonly leases: ChannelLeases;
    readonly outbox: Outbox;
    readonly states: States;
    readonly work: WorkList;
  };
  readonly #read: Statement;
  readonly #setStatus: Statement;
  readonly #insertOutcome: Statement;

  constructor(
    database: Database,
    parts: { leases: ChannelLeases; outbox: Outbox; states: States; work: WorkList },
  ) {
    this.#parts = parts;
    this.#read = database.prepare(`SELECT m.channel, m.status, g.channel_version FROM messages m
      LEFT JOIN origins g ON g.id = m.origin WHERE m.seq = ?`);
    this.#setStatus = database.prepare('UPDATE messages SET status = ? WHERE seq = ?');
    this.#insertOutcome = database.prepare('INSERT INTO outcomes VALUES (?, ?, ?, ?)');
  }

  commit(
    lease: ChannelLease,
    results: readonly ProcessedMessage[],
    claims: readonly DeliveryClaim[],
  ): CommitReceipt {
    this.#parts.leases.require(lease);
    const versions = results.map((result) => this.#requireWaiting(lease, result));
    if (new Set(results.map((result) => result.id)).size !== results.length) {
      throw new BitHiveError('BH_STORE_FENCED', 'a message is named twice in one batch');
    }
    const grants = new Grants(claims, results);
    const ids = results.map((result, at) => this.#write(lease.channel, versions[at]!, result, grants));
    this.#parts.work.add({ kind: 'processed', ids: results.map((result) => result.id) });
    return { ids, leased: grants.leased };
  }

  #requireWaiting(lease: ChannelLease, result: ProcessedMessage): number {
    const row = this.#read.get(result.id);
    if (row?.channel === lease.channel && row.status === statusCode.received) {
      return row.channel_version as number;
    }
    throw new BitHiveError(
      'BH_STORE_FENCED',
      `message ${result.id} does not wait in channel ${lease.channel}`,
    );
  }

  #write(channel: string, channelVersion: number, result: ProcessedMessage, grants: Grants): DeliveryId[] {
    this.#setStatus.run(statusCode[result.status], result.id);
    this.#insertOutcome.run(
      result.id,
      result.processedAtMs,
      jsonOrNull(result.refusal),
      jsonOrNull(result.report),
    );
    this.#parts.states.write(channel, result);
    const origin = { message: result.id, channel, channelVersion, createdAtMs: result.processedAtMs };
    return result.deliveries.map((delivery) => this.#parts.outbox.add(delivery, origin, grants));
  }
}
