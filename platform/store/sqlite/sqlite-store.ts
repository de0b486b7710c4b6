import { BitHiveError } from '../../../core/errors.ts';
import type { DeliveryId, MessageId } from '../../../core/ids.ts';
import type { NewMessage } from '../../../core/message.ts';
import type {
  AuditEvent,
  ChannelLease,
  Clock,
  DeliveryClaim,
  DeliveryLease,
  DeliveryQuery,
  LeaseRequest,
  MessageQuery,
  ProcessedMessage,
  Settlement,
  StateRequest,
  Store,
  StoreHealth,
  Work,
} from '../../../core/ports/index.ts';
import type { DiskWatch } from '../disk-watch.ts';
import { writeBackup } from './backup.ts';
import type { SqliteDriver } from './driver.ts';
import type { FolderLock } from './folder-lock.ts';
import type { GroupCommit } from './group-commit.ts';
import type { Inflow } from './inflow.ts';
import { readDepths } from './read/depths.ts';
import { blobHashes, scanRemovable } from './read/retention.ts';
import type { Readers } from './readers.ts';
import type { WorkListeners } from './work-listeners.ts';

export interface SqliteStoreParts {
  readonly driver: SqliteDriver;
  readonly databasePath: string;
  readonly lock: FolderLock;
  readonly commits: GroupCommit;
  readonly readers: Readers;
  readonly inflow: Inflow;
  readonly listeners: WorkListeners;
  readonly disk: DiskWatch;
  readonly clock: Clock;
}

/** The `Store` port over SQLite. Writes go through group commit, reads through a connection of their own. */
export class SqliteStore implements Store {
  readonly #parts: SqliteStoreParts;
  readonly #pruneFrom = new Map<string, number>();
  #closing: Promise<void> | null = null;

  constructor(parts: SqliteStoreParts) {
    this.#parts = parts;
  }

  async accept(message: NewMessage) {
    if (this.#parts.disk.isLow) throw new BitHiveError('BH_STORE_FULL', this.#parts.disk.reason);
    const receipt = await this.#parts.commits.run('accept', message);
    this.#parts.inflow.keep(message, receipt);
    return receipt;
  }

  leaseChannel(channel: string, owner: string, leaseMs: number) {
    return this.#parts.commits.run('leaseChannel', {
      channel,
      owner,
      leaseMs,
      nowMs: this.#parts.clock.nowMs(),
    });
  }
  async releaseChannel(lease: ChannelLease) {
    await this.#parts.commits.run('releaseChannel', lease);
  }
  async nextMessages(channel: string, limit: number) {
    const { readers, inflow } = this.#parts;
    return readers.ask((open) => inflow.next(open.work, channel, limit));
  }
  async readStates(keys: readonly StateRequest[]) {
    return this.#parts.readers.ask((open) => open.work.readStates(keys));
  }
  async commitProcessed(
    lease: ChannelLease,
    results: readonly ProcessedMessage[],
    claims: readonly DeliveryClaim[] = [],
  ) {
    const { commits, inflow } = this.#parts;
    try {
      const receipt = await commits.run('commitProcessed', { lease, results, claims });
      inflow.done(
        lease.channel,
        results.map(({ id }) => id),
      );
      return receipt;
    } catch (error) {
      inflow.forget(lease.channel);
      throw error;
    }
  }
  fireTimers(lease: ChannelLease, channelVersion: number, nowMs: number, limit: number) {
    return this.#parts.commits.run('fireTimers', { lease, channelVersion, nowMs, limit });
  }
  async nextTimerMs(channel: string) {
    return this.#parts.readers.ask((open) => open.work.nextTimerMs(channel));
  }

  leaseDeliveries(request: LeaseRequest) {
    return this.#parts.commits.run('leaseDeliveries', request);
  }
  renewDeliveries(leases: readonly DeliveryLease[], untilMs: number) {
    return this.#parts.commits.run('renewDeliveries', { leases: leases.map(leaseOf), untilMs });
  }
  settleDelivery(lease: DeliveryLease, settlement: Settlement) {
    return this.#parts.commits.run('settleDelivery', { lease: leaseOf(lease), settlement });
  }
  async nextDeliveryMs(channel: string, destination: string) {
    return this.#parts.readers.ask((open) => open.work.nextDeliveryMs(channel, destination));
  }

  async getMessage(id: MessageId) {
    return this.#parts.readers.ask((open) => open.work.getMessage(id));
  }
  async getDelivery(id: DeliveryId) {
    return this.#parts.readers.ask((open) => open.operator.getDelivery(id));
  }
  async searchMessages(query: MessageQuery) {
    return this.#parts.readers.ask((open) => open.messages.find(query));
  }
  async searchDeliveries(query: DeliveryQuery) {
    return this.#parts.readers.ask((open) => open.operator.searchDeliveries(query));
  }
  async listMessages(query: MessageQuery) {
    return this.#parts.readers.ask((open) => open.messages.list(query));
  }
  async listFacts(query: MessageQuery) {
    return this.#parts.readers.ask((open) => open.messages.facts(query));
  }
  async listDeliveries(query: DeliveryQuery) {
    return this.#parts.readers.ask((open) => open.operator.listDeliveries(query));
  }
  async lineage(id: MessageId) {
    return this.#parts.readers.ask((open) => open.operator.lineage(id));
  }
  async attempts(id: DeliveryId) {
    return this.#parts.readers.ask((open) => open.operator.attempts(id));
  }
  resolveDelivery(id: DeliveryId, word: 'retry' | 'delivered' | 'cancel', nowMs: number) {
    return this.#parts.commits.run('resolveDelivery', { id, word, nowMs });
  }
  async depths(_nowMs: number) {
    return this.#parts.readers.ask((open) => readDepths(open.knex));
  }

  /** Each call goes on where the last one of the channel ended, and begins anew when it has come to the young messages. */
  async prune(request: { readonly beforeMs: number; readonly channel?: string; readonly limit: number }) {
    const name = request.channel ?? '';
    let count = 0;
    for (;;) {
      const wanted = { ...request, limit: request.limit - count };
      const from = this.#pruneFrom.get(name) ?? 0;
      const scan = await this.#parts.readers.ask((open) => scanRemovable(open.database, wanted, from));
      this.#pruneFrom.set(name, scan.isAtEnd ? 0 : scan.nextSeq);
      if (scan.roots.length > 0) {
        count += await this.#parts.commits.run('prune', { roots: scan.roots, beforeMs: request.beforeMs });
      }
      if (scan.isAtEnd || count >= request.limit) return count;
    }
  }

  blobsInUse() {
    return this.#parts.readers.list((open) => blobHashes(open.database));
  }

  deployChannel(channel: string, text: string, nowMs: number) {
    return this.#parts.commits.run('deployChannel', { channel, text, nowMs });
  }
  async channelText(channel: string, version: number) {
    return this.#parts.readers.ask((open) => open.operator.channelText(channel, version));
  }
  appendAudit(event: AuditEvent) {
    return this.#parts.commits.run('appendAudit', event);
  }
  async readAudit(fromSeq: number, limit: number) {
    return this.#parts.readers.ask((open) => open.operator.readAudit(fromSeq, limit));
  }

  onWork(listener: (work: Work) => void) {
    return this.#parts.listeners.add(listener);
  }

  backup(folder: string) {
    return writeBackup(this.#parts.driver, this.#parts.databasePath, folder);
  }

  async health(): Promise<StoreHealth> {
    const { driver } = this.#parts;
    const reason = this.#whyNotAccepting();
    return {
      accepting: reason === null,
      engine: `SQLite (${driver.name})`,
      version: driver.version,
      ...(reason === null ? {} : { reason }),
    };
  }

  #whyNotAccepting(): string | null {
    const { commits, disk } = this.#parts;
    if (!commits.isOpen) return 'the store is recovering or closed';
    if (disk.isLow) return disk.reason;
    return commits.isDiskFull ? 'the disk of the data folder is full' : null;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#parts.disk.close();
    await this.#parts.commits.close();
    await this.#parts.readers.close();
    this.#parts.lock.release();
  }
}

/** Callers pass the delivery that they hold; its body has no business on the way to the writer. */
function leaseOf({ id, leaseOwner, leaseEpoch }: DeliveryLease): DeliveryLease {
  return { id, leaseOwner, leaseEpoch };
}
