import { randomInt } from 'node:crypto';
import type { Database } from '../driver.ts';
import type { GroupResult, Operation, OperationName, Operations } from '../operations.ts';
import { Attempts } from './attempts.ts';
import { AuditLog } from './audit-log.ts';
import { ChannelLeases } from './channel-leases.ts';
import { Claims } from './claims.ts';
import { Definitions } from './definitions.ts';
import { Inbox } from './inbox.ts';
import { Lanes } from './lanes.ts';
import { Numbers } from './numbers.ts';
import { Outbox } from './outbox.ts';
import { Processing } from './processing.ts';
import { Pruning } from './pruning.ts';
import { RecentMessages } from './recent-messages.ts';
import { Settlements } from './settlements.ts';
import { States } from './states.ts';
import { Timers } from './timers.ts';
import { WorkList } from './work-list.ts';

type Appliers = {
  readonly [Name in OperationName]: (request: Operations[Name]['request']) => Operations[Name]['result'];
};

/** Applies operations to the one writing connection. Synchronous, and without a transaction of its own: see `applyGroup`. */
export class Writer {
  readonly #appliers: Appliers;
  readonly #recent: RecentMessages;
  readonly #work = new WorkList();

  constructor(database: Database) {
    const work = this.#work;
    const numbers = new Numbers(database);
    const recent = new RecentMessages(database, seedOf(database));
    const attempts = new Attempts(database);
    const inbox = new Inbox(database, numbers, recent, work);
    const lanes = new Lanes(database, numbers, work);
    const leases = new ChannelLeases(database);
    const states = new States(database);
    const outbox = new Outbox(database, numbers, lanes, work);
    const processing = new Processing(database, { leases, outbox, states, work });
    const timers = new Timers(database, leases, inbox);
    const claims = new Claims(database, attempts);
    const settlements = new Settlements(database, { attempts, inbox, lanes, work });
    const pruning = new Pruning(database, numbers, recent);
    const definitions = new Definitions(database);
    const audit = new AuditLog(database);
    this.#recent = recent;
    this.#appliers = {
      accept: (request) => inbox.accept(request),
      leaseChannel: (request) => leases.take(request),
      releaseChannel: (request) => {
        leases.release(request);
        return null;
      },
      commitProcessed: ({ lease, results, claims }) => processing.commit(lease, results, claims),
      fireTimers: (request) => timers.fire(request),
      leaseDeliveries: (request) => claims.lease(request),
      renewDeliveries: (request) => claims.renew(request.leases, request.untilMs),
      settleDelivery: ({ lease, settlement }) => settlements.settle(lease, settlement),
      resolveDelivery: ({ id, word, nowMs }) => settlements.resolve(id, word, nowMs),
      prune: ({ roots, beforeMs }) => pruning.prune(roots, beforeMs),
      deployChannel: (request) => definitions.deploy(request),
      appendAudit: (request) => audit.append(request),
    };
  }

  apply(operation: Operation): Operations[OperationName]['result'] {
    // The name picks the applier of its own request; TypeScript does not carry that through the index.
    const applier = this.#appliers[operation.name] as (
      request: unknown,
    ) => Operations[OperationName]['result'];
    return applier(operation.request);
  }

  /** Last step before the commit. */
  beforeCommit(): void {
    this.#recent.flushIfLong();
  }

  takeWork(): Pick<GroupResult, 'work' | 'received'> {
    return this.#work.take();
  }
}

/** Drawn once per database; see `fingerprint`. */
function seedOf(database: Database): number {
  database.prepare("INSERT OR IGNORE INTO meta VALUES ('fingerprint_seed', ?)").run(randomInt(2 ** 31));
  return database.prepare("SELECT value FROM meta WHERE name = 'fingerprint_seed'").get()?.value as number;
}
