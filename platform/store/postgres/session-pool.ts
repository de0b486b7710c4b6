import pg from 'pg';
import { BitHiveError } from '../../../core/errors.ts';
import { makeDurable, type SessionOptions, sessionConfig } from './session.ts';

export type Row = Readonly<Record<string, unknown>>;
/** Prepared once per session under its name. Without a name it is planned each time: for what operators ask. */
export interface Statement {
  readonly name?: string;
  readonly text: string;
}

/** Somewhere to run a statement: a session of its own, or one within a transaction. */
export interface Session {
  query<R = Row>(statement: Statement, values?: readonly unknown[]): Promise<R[]>;
}

export interface SessionPoolOptions extends SessionOptions {
  readonly sessionsMax: number;
  /** Callers that may wait for a session. */
  readonly waitingMax: number;
  readonly onIdleError: (error: Error) => void;
}

/** A bounded number of sessions, each made durable before its first statement. */
export class SessionPool {
  readonly #pool: pg.Pool;
  readonly #waitingMax: number;

  constructor(options: SessionPoolOptions) {
    this.#pool = new pg.Pool({
      ...sessionConfig(options),
      max: options.sessionsMax,
      idleTimeoutMillis: 60_000,
      onConnect: makeDurable,
    });
    this.#pool.on('error', options.onIdleError);
    this.#waitingMax = options.waitingMax;
  }

  /** Runs with a session. One that failed in a way that leaves it in doubt is closed, not given to the next. */
  async use<T>(work: (session: Session) => Promise<T>, isBroken: (error: unknown) => boolean): Promise<T> {
    if (this.#pool.waitingCount >= this.#waitingMax) {
      throw new BitHiveError('BH_STORE_BUSY', `${this.#waitingMax} operations wait for a database session`);
    }
    const client = await this.#pool.connect();
    // A connection that ends while it is lent out says so by an event, too; its query rejects as well, and tells more.
    const ignore = () => {};
    client.on('error', ignore);
    let broken = false;
    try {
      return await work(sessionOf(client));
    } catch (error) {
      broken = isBroken(error);
      throw error;
    } finally {
      client.off('error', ignore);
      client.release(broken);
    }
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

export function sessionOf(client: pg.ClientBase): Session {
  return {
    async query<R>(statement: Statement, values: readonly unknown[] = []) {
      const { rows } = await client.query({ ...statement, values: values as unknown[] });
      return rows as R[];
    },
  };
}
