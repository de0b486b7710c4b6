import { limits } from '../../../core/limits.ts';
import type { NewMessage } from '../../../core/message.ts';
import type { AcceptReceipt, AuditEvent, Clock, Logger, Store, Work } from '../../../core/ports/index.ts';
import { WorkListeners } from '../sqlite/work-listeners.ts';
import { appendAudit } from './apply/audit-log.ts';
import { acceptMessages } from './apply/inbox.ts';
import { settleDeliveries } from './apply/settlements.ts';
import { claimBlobsFolder } from './blobs-folder.ts';
import { inlineBytes } from './body-block.ts';
import { Database } from './database.ts';
import { type GroupAnswer, GroupQueue } from './group-queue.ts';
import { migrate } from './migrate.ts';
import { PostgresStore } from './postgres-store.ts';
import type { SessionOptions } from './session.ts';
import { SessionPool } from './session-pool.ts';
import { WakeUps } from './wake-ups.ts';

export interface PostgresStoreOptions {
  /** `postgres://user:password@host:port/database?sslmode=...`; a direct connection, not one of a pooler. */
  readonly url: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Shown to the server's operator beside each session; the node's name. */
  readonly owner?: string;
  /** Sessions for the work of this node. `readerPoolSize` more serve searches, and one listens. */
  readonly poolSize?: number;
  readonly readerPoolSize?: number;
  readonly connectMs?: number;
  /** What one statement may take, its wait for locks included; past it BH_STORE_BUSY. */
  readonly statementMs?: number;
  /** How often everything is looked at, for the case that a notification was lost. */
  readonly pollMs?: number;
  /** Folder of large bodies. Given: it must be the one of the other nodes. */
  readonly blobsFolder?: string;
}

const groupBytesMax = 16 * 1024 * 1024;
const defaults = { poolSize: 8, readerPoolSize: 2, connectMs: 5_000, statementMs: 30_000, pollMs: 5_000 };

/**
 * Opens the store of a database, for one node of several, and brings the schema up to date. Throws BH_STORE_VERSION when the server
 * is older than 13, not in UTF8, not durable, or written by a newer engine; BH_CONFIG_VALUE when it refuses the user or the
 * database; BH_STORE_IO when it cannot be reached; BH_STORE_BLOBS when the other nodes have another folder of bodies.
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const { url, clock, logger, owner, blobsFolder, ...sizes } = options;
  const settings = { ...defaults, ...sizes };
  const session: SessionOptions = {
    url,
    name: owner === undefined ? 'bithive' : `bithive ${owner}`.slice(0, 63),
    connectMs: settings.connectMs,
    statementMs: settings.statementMs,
  };
  const { version, isExposed } = await migrate(session);
  if (isExposed) logger.warn('store.connection.plain');
  const pool = (sessionsMax: number) =>
    new SessionPool({
      ...session,
      sessionsMax,
      waitingMax: limits.storeQueueOpsMax,
      onIdleError: (cause) => logger.warn('store.session.lost', {}, cause),
    });
  const listeners = new WorkListeners(logger);
  const database = new Database({
    writers: pool(settings.poolSize),
    readers: pool(settings.readerPoolSize),
    clock,
    logger,
    onRecovered: () => listeners.tell([{ kind: 'any' }]),
  });
  try {
    if (blobsFolder !== undefined) await claimBlobsFolder(database, blobsFolder);
  } catch (error) {
    await database.close();
    throw error;
  }
  const wakeUps = new WakeUps({
    database,
    session,
    clock,
    logger,
    pollMs: settings.pollMs,
    heard: (work) => listeners.tell(work),
  });
  await wakeUps.start();
  const tell = (work: readonly Work[]) => {
    listeners.tell(work);
    wakeUps.tell(work);
  };
  return new PostgresStore({
    database,
    version,
    clock,
    listeners,
    wakeUps,
    ...queues(database, logger, tell),
  });
}

function queues(database: Database, logger: Logger, tell: (work: readonly Work[]) => void) {
  const bounds = { logger, bytesMax: groupBytesMax };
  return {
    accepts: new GroupQueue<NewMessage, AcceptReceipt>({
      ...bounds,
      name: 'accept',
      bytesOf: ({ body }) => inlineBytes(body),
      apply: async (messages) => {
        // Each statement of it is a transaction by itself: what is stored is whole, and nothing else belongs to it.
        const receipts = await acceptMessages(database, messages);
        tell(arrivals(messages, receipts));
        return receipts.map(answer);
      },
    }),
    settlements: new GroupQueue({
      ...bounds,
      name: 'settleDelivery',
      bytesOf: ({ settlement }) => (settlement.answer ? inlineBytes(settlement.answer.body) : 0),
      apply: async (requests) => {
        const { value, work } = await database.transaction((one) => settleDeliveries(one, requests));
        tell(work);
        return value;
      },
    }),
    audits: new GroupQueue<AuditEvent, number>({
      ...bounds,
      name: 'appendAudit',
      bytesOf: () => 1024,
      apply: async (events) => (await database.transaction((one) => appendAudit(one, events))).map(answer),
    }),
  } satisfies Pick<ConstructorParameters<typeof PostgresStore>[0], 'accepts' | 'settlements' | 'audits'>;
}

const answer = <T>(value: T): GroupAnswer<T> => ({ ok: true, value });

/** Channels that got something to process, each once. */
function arrivals(messages: readonly NewMessage[], receipts: readonly AcceptReceipt[]): Work[] {
  const stored = messages.filter(
    (_, at) => receipts[at]!.outcome !== 'duplicate' && receipts[at]!.status === 'received',
  );
  return [...new Set(stored.map((message) => message.channel))].map((channel) => ({
    kind: 'messages',
    channel,
  }));
}
