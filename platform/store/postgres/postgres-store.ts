import type { DeliveryId, MessageId } from '../../../core/ids.ts';
import type { NewMessage } from '../../../core/message.ts';
import type {
  AcceptReceipt,
  AuditEvent,
  ChannelLease,
  Clock,
  DeliveryLease,
  DeliveryQuery,
  LeaseRequest,
  MessageQuery,
  ProcessedMessage,
  Settlement,
  SettleReceipt,
  StateRequest,
  Store,
  StoreHealth,
  Work,
} from '../../../core/ports/index.ts';
import { blobsOfNotices, mergedAscending } from '../blobs-of-notices.ts';
import type { WorkListeners } from '../sqlite/work-listeners.ts';
import { releaseLeaseStatement, takeLease } from './apply/channel-leases.ts';
import { claimDeliveries, renewDeliveries } from './apply/claims.ts';
import { deployChannel } from './apply/definitions.ts';
import { type Applied, commitProcessed } from './apply/processing.ts';
import { pruneTrees } from './apply/pruning.ts';
import { resolveDelivery } from './apply/resolutions.ts';
import type { SettleRequest } from './apply/settlements.ts';
import { fireTimers } from './apply/timers.ts';
import { writeBackup } from './backup.ts';
import type { Database } from './database.ts';
import type { GroupQueue } from './group-queue.ts';
import { readDepths } from './read/depths.ts';
import { listFacts, listMessages, searchMessages } from './read/message-search.ts';
import * as operator from './read/operator-reader.ts';
import { blobHashesAfter, noticeFacts, type PruneRequest, scanRemovable } from './read/retention.ts';
import * as work from './read/work-reader.ts';
import type { Session } from './session-pool.ts';
import type { WakeUps } from './wake-ups.ts';

export interface PostgresStoreParts {
  readonly database: Database;
  readonly version: string;
  readonly clock: Clock;
  readonly listeners: WorkListeners;
  readonly wakeUps: WakeUps;
  readonly accepts: GroupQueue<NewMessage, AcceptReceipt>;
  readonly settlements: GroupQueue<SettleRequest, SettleReceipt>;
  readonly audits: GroupQueue<AuditEvent, number>;
}

/** The `Store` port over PostgreSQL, for one node of several. What comes in singly and often goes through group commit. */
export class PostgresStore implements Store {
  readonly #parts: PostgresStoreParts;
  /** Reads are sessions of one statement each. */
  readonly #work: Session;
  readonly #reads: Session;
  readonly #pruneFrom = new Map<string, number>();
  #closing: Promise<void> | null = null;

  constructor(parts: PostgresStoreParts) {
    this.#parts = parts;
    const { database } = parts;
    this.#work = { query: (statement, values) => database.query(statement, values) };
    this.#reads = { query: (statement, values) => database.read(statement, values) };
  }

  accept(message: NewMessage) {
    return this.#parts.accepts.run(message);
  }

  leaseChannel(channel: string, owner: string, leaseMs: number) {
    return takeLease(this.#work, { channel, owner, leaseMs, nowMs: this.#parts.clock.nowMs() });
  }
  async releaseChannel(lease: ChannelLease) {
    await this.#work.query(releaseLeaseStatement, [lease.channel, lease.owner, lease.epoch]);
    // It can be taken over at once, by a node that asks.
    this.#parts.wakeUps.tell([{ kind: 'messages', channel: lease.channel }]);
  }
  nextMessages(channel: string, limit: number) {
    return work.nextMessages(this.#work, channel, limit);
  }
  readStates(keys: readonly StateRequest[]) {
    return work.readStates(this.#work, keys);
  }
  /** Claims stay unused: the deliveries are another node's as much as ours, and claiming is one statement there. */
  commitProcessed(lease: ChannelLease, results: readonly ProcessedMessage[]) {
    return this.#apply((session) => commitProcessed(session, lease, results));
  }
  fireTimers(lease: ChannelLease, channelVersion: number, nowMs: number, limit: number) {
    return this.#apply((session) => fireTimers(session, { lease, channelVersion, nowMs, limit }));
  }
  nextTimerMs(channel: string) {
    return work.nextTimerMs(this.#work, channel);
  }

  leaseDeliveries(request: LeaseRequest) {
    return claimDeliveries(this.#work, request);
  }
  renewDeliveries(leases: readonly DeliveryLease[], untilMs: number) {
    return renewDeliveries(this.#work, leases, untilMs);
  }
  settleDelivery(lease: DeliveryLease, settlement: Settlement) {
    return this.#parts.settlements.run({ lease, settlement });
  }
  nextDeliveryMs(channel: string, destination: string) {
    return work.nextDeliveryMs(this.#work, channel, destination);
  }

  getMessage(id: MessageId) {
    return work.getMessage(this.#work, id);
  }
  getDelivery(id: DeliveryId) {
    return work.getDelivery(this.#work, id);
  }
  searchMessages(query: MessageQuery) {
    return searchMessages(this.#reads, query);
  }
  searchDeliveries(query: DeliveryQuery) {
    return operator.searchDeliveries(this.#reads, query);
  }
  listMessages(query: MessageQuery) {
    return listMessages(this.#reads, query);
  }
  listFacts(query: MessageQuery) {
    return listFacts(this.#reads, query);
  }
  listDeliveries(query: DeliveryQuery) {
    return operator.listDeliveries(this.#reads, query);
  }
  lineage(id: MessageId) {
    return operator.readLineage(this.#reads, id);
  }
  attempts(id: DeliveryId) {
    return operator.readAttempts(this.#reads, id);
  }
  resolveDelivery(id: DeliveryId, word: 'retry' | 'delivered' | 'cancel', nowMs: number) {
    return this.#apply((session) => resolveDelivery(session, { id, word, nowMs }));
  }
  depths(_nowMs: number) {
    return readDepths(this.#reads);
  }

  /** Each call goes on where the last one of the channel ended, and begins anew when it has come to the young messages. */
  async prune(request: PruneRequest) {
    const name = request.channel ?? '';
    let count = 0;
    for (;;) {
      const wanted = { ...request, limit: request.limit - count };
      const scan = await scanRemovable(this.#reads, wanted, this.#pruneFrom.get(name) ?? 0);
      this.#pruneFrom.set(name, scan.isAtEnd ? 0 : scan.nextSeq);
      if (scan.roots.length > 0) {
        count += await this.#parts.database.transaction((session) =>
          pruneTrees(session, scan.roots, request.beforeMs),
        );
      }
      if (scan.isAtEnd || count >= request.limit) return count;
    }
  }

  async *blobsInUse() {
    const waiting = await noticeFacts(this.#reads);
    yield* mergedAscending(blobsOfNotices(waiting), this.#blobsOfRows());
  }

  async *#blobsOfRows() {
    let after = '';
    for (;;) {
      const page = await blobHashesAfter(this.#reads, after);
      if (page.length === 0) return;
      yield* page;
      after = page.at(-1)!;
    }
  }

  deployChannel(channel: string, text: string, nowMs: number) {
    return this.#parts.database.transaction((session) => deployChannel(session, { channel, text, nowMs }));
  }
  channelText(channel: string, version: number) {
    return operator.channelText(this.#reads, channel, version);
  }
  appendAudit(event: AuditEvent) {
    return this.#parts.audits.run(event);
  }
  readAudit(fromSeq: number, limit: number) {
    return operator.readAudit(this.#reads, fromSeq, limit);
  }

  onWork(listener: (work: Work) => void) {
    return this.#parts.listeners.add(listener);
  }

  backup(folder: string) {
    return writeBackup(this.#parts.database, folder);
  }

  async health(): Promise<StoreHealth> {
    const { database, version } = this.#parts;
    const about = { engine: 'PostgreSQL', version };
    if (!database.isOpen) return { ...about, accepting: false, reason: 'the database cannot be reached' };
    if (database.isFull)
      return { ...about, accepting: false, reason: 'the disk of the database server is full' };
    return { ...about, accepting: true };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { accepts, settlements, audits, wakeUps, database } = this.#parts;
    await Promise.all([accepts.close(), settlements.close(), audits.close()]);
    await wakeUps.close();
    await database.close();
  }

  /** The news of a transaction are told once it is durable. */
  async #apply<T>(change: (session: Session) => Promise<Applied<T>>): Promise<T> {
    const { value, work: news } = await this.#parts.database.transaction(change);
    this.#parts.listeners.tell(news);
    this.#parts.wakeUps.tell(news);
    return value;
  }
}
