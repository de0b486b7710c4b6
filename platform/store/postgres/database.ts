import { BitHiveError } from '../../../core/errors.ts';
import type { Clock, Logger } from '../../../core/ports/index.ts';
import { isConnectionFault, isRetryable, storageError } from './faults.ts';
import type { Row, Session, SessionPool, Statement } from './session-pool.ts';

/** A transaction that met another one is run again this many times in all. */
const attemptsMax = 5;
const probeFirstMs = 100;
const probeMaxMs = 5_000;
/** For so long after the server said that its disk is full the store calls itself full; a sender that tries then finds out more. */
const fullMs = 10_000;
const begin: Statement = { text: 'BEGIN' };
const commit: Statement = { text: 'COMMIT' };
const rollback: Statement = { text: 'ROLLBACK' };
const probeStatement: Statement = { text: 'SELECT pg_is_in_recovery() AS is_standby' };

export interface DatabaseParts {
  readonly writers: SessionPool;
  /** Apart from the writers, so that a long search takes no session from the work. */
  readonly readers: SessionPool;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onRecovered: () => void;
}

/**
 * The server as the store sees it: there, or away. While it is away everything is refused at once with BH_STORE_IO instead of
 * waiting for a connection, and a probe finds out when it is back.
 */
export class Database {
  readonly #parts: DatabaseParts;
  #state: 'open' | 'away' | 'closed' = 'open';
  #fullAtMs = Number.NEGATIVE_INFINITY;
  #cancelProbe: () => void = () => {};
  #probing: Promise<void> = Promise.resolve();

  constructor(parts: DatabaseParts) {
    this.#parts = parts;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** The server had no room lately. What it refuses it refuses each for itself; this is for those who watch. */
  get isFull(): boolean {
    return this.#parts.clock.monotonicMs() - this.#fullAtMs < fullMs;
  }

  /** A statement that is a transaction by itself. */
  query<R = Row>(statement: Statement, values: readonly unknown[] = []): Promise<R[]> {
    return this.#run(this.#parts.writers, (session) => session.query<R>(statement, values));
  }

  /** As `query`, for what operators ask. */
  read<R = Row>(statement: Statement, values: readonly unknown[] = []): Promise<R[]> {
    return this.#run(this.#parts.readers, (session) => session.query<R>(statement, values));
  }

  /**
   * READ COMMITTED: each statement sees what was committed before it, which is what the locks of lanes and leases count on.
   * `work` may run again, so it keeps nothing outside of its answer. A refusal that it throws rolls back and is not repeated.
   */
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#run(this.#parts.writers, (session) => inTransaction(session, begin, work));
  }

  /** One snapshot for all its statements, and no write. */
  snapshot<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const start = { text: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' };
    return this.#run(this.#parts.readers, (session) => inTransaction(session, start, work));
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    this.#cancelProbe();
    await this.#probing;
    await Promise.all([this.#parts.writers.close(), this.#parts.readers.close()]);
  }

  async #run<T>(pool: SessionPool, work: (session: Session) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      if (this.#state === 'closed') throw new BitHiveError('BH_STORE_CLOSED', 'the store is closed');
      if (this.#state === 'away') throw new BitHiveError('BH_STORE_IO', 'the database cannot be reached');
      try {
        return await pool.use(work, isConnectionFault);
      } catch (error) {
        if (isRetryable(error) && attempt < attemptsMax) continue;
        if (!(error instanceof BitHiveError) && isConnectionFault(error)) this.#lose(error);
        const refusal = storageError(error);
        if (refusal?.code === 'BH_STORE_FULL') this.#fullAtMs = this.#parts.clock.monotonicMs();
        throw refusal ?? error;
      }
    }
  }

  #lose(cause: unknown): void {
    if (this.#state !== 'open') return;
    this.#state = 'away';
    this.#parts.logger.error('store.database.lost', {}, cause);
    this.#probeAfter(probeFirstMs);
  }

  #probeAfter(delayMs: number): void {
    this.#cancelProbe = this.#parts.clock.after(delayMs, () => {
      this.#probing = this.#probe(delayMs);
    });
  }

  async #probe(delayMs: number): Promise<void> {
    if (this.#state !== 'away') return;
    const isBack = await this.#answers();
    if (this.#state !== 'away') return;
    if (!isBack) {
      this.#probeAfter(Math.min(delayMs * 2, probeMaxMs));
      return;
    }
    this.#state = 'open';
    this.#parts.logger.warn('store.database.found');
    this.#parts.onRecovered();
  }

  /** A standby answers, but takes no writes. */
  async #answers(): Promise<boolean> {
    try {
      const rows = await this.#parts.writers.use(
        (session) => session.query(probeStatement),
        isConnectionFault,
      );
      return rows[0]?.is_standby === false;
    } catch (error) {
      this.#parts.logger.debug('store.database.probe', { reason: String(error) });
      return false;
    }
  }
}

async function inTransaction<T>(
  session: Session,
  start: Statement,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  await session.query(start);
  try {
    const result = await work(session);
    await session.query(commit);
    return result;
  } catch (error) {
    // On a lost connection the server rolls back by itself.
    if (!isConnectionFault(error)) await session.query(rollback);
    throw error;
  }
}
