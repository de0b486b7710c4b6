import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Clock, Logger, Work } from '../../../core/ports/index.ts';
import type { Database } from './database.ts';
import { type SessionOptions, sessionConfig } from './session.ts';

const channel = 'bithive_work';
/** PostgreSQL takes 8,000 bytes; more news than that is worth a look at everything. */
const payloadCharsMax = 3_500;
const gatherMs = 5;
const reconnectFirstMs = 200;
const reconnectMaxMs = 10_000;

export interface WakeUpsOptions {
  readonly database: Database;
  readonly session: SessionOptions;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How often everything is looked at, for the case that news were lost. */
  readonly pollMs: number;
  readonly heard: (work: readonly Work[]) => void;
}

interface News {
  readonly node: string;
  /** null: look at everything. */
  readonly work: readonly (readonly [channel: string, destination?: string])[] | null;
}

/**
 * Tells other nodes of new work, and hears of theirs. News are hints: they are sent after the commit, gathered, and may be lost;
 * a slow poll finds what they missed. They are not sent within the transactions, because the server lets commits that notify
 * pass one at a time, each with its sync.
 */
export class WakeUps {
  readonly #options: WakeUpsOptions;
  readonly #node = randomUUID();
  #gathered = new Map<string, readonly [string, string?]>();
  #cancelSend: (() => void) | null = null;
  #sending: Promise<void> = Promise.resolve();
  #client: pg.Client | null = null;
  #connecting: Promise<void> = Promise.resolve();
  #cancelReconnect: () => void = () => {};
  #cancelPoll: () => void = () => {};
  #isClosed = false;

  constructor(options: WakeUpsOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#schedulePoll();
    await this.#connect(reconnectFirstMs);
  }

  tell(works: readonly Work[]): void {
    for (const work of works) {
      if (work.kind === 'messages') this.#gathered.set(work.channel, [work.channel]);
      if (work.kind === 'deliveries') {
        const { channel: name, destination } = work;
        this.#gathered.set(JSON.stringify([name, destination]), [name, destination]);
      }
    }
    if (this.#gathered.size === 0 || this.#isClosed) return;
    this.#cancelSend ??= this.#options.clock.after(gatherMs, () => {
      this.#cancelSend = null;
      this.#sending = this.#send();
    });
  }

  /** What was gathered is still told: a node that stops has just given back its channels. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelSend?.();
    this.#cancelReconnect();
    this.#cancelPoll();
    await this.#sending;
    if (this.#gathered.size > 0) await this.#send();
    await this.#connecting;
    await this.#client?.end();
  }

  async #send(): Promise<void> {
    const work = [...this.#gathered.values()];
    this.#gathered = new Map();
    const news: News = { node: this.#node, work };
    const text = JSON.stringify(news);
    const payload = text.length <= payloadCharsMax ? text : JSON.stringify({ ...news, work: null });
    try {
      await this.#options.database.query({ name: 'notify', text: 'SELECT pg_notify($1, $2)' }, [
        channel,
        payload,
      ]);
    } catch (cause) {
      this.#options.logger.debug('store.news.lost', { reason: String(cause) });
    }
  }

  #hear(payload: string | undefined): void {
    const news = parseNews(payload ?? '');
    if (news?.node === this.#node) return;
    if (!news?.work) {
      this.#options.heard([{ kind: 'any' }]);
      return;
    }
    this.#options.heard(
      news.work.map(([name, destination]) =>
        destination === undefined
          ? { kind: 'messages', channel: name }
          : { kind: 'deliveries', channel: name, destination },
      ),
    );
  }

  async #connect(againMs: number): Promise<void> {
    const client = new pg.Client(sessionConfig(this.#options.session));
    client.on('error', (cause) => this.#lose(client, reconnectFirstMs, cause));
    client.on('end', () => this.#lose(client, reconnectFirstMs));
    client.on('notification', (message) => this.#hear(message.payload));
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
      this.#client = client;
    } catch (cause) {
      this.#client = client;
      this.#lose(client, againMs, cause);
    }
  }

  #lose(client: pg.Client, againMs: number, cause?: unknown): void {
    if (this.#client !== client || this.#isClosed) return;
    this.#client = null;
    const { logger } = this.#options;
    // It is lost already; this only frees the socket.
    client.end().catch((second: unknown) => logger.debug('store.news.end', { reason: String(second) }));
    logger.warn('store.news.disconnected', { againMs }, cause);
    this.#cancelReconnect = this.#options.clock.after(againMs, () => {
      this.#connecting = this.#connect(Math.min(againMs * 2, reconnectMaxMs)).then(() => {
        // What was told meanwhile went past us.
        if (this.#client) this.#options.heard([{ kind: 'any' }]);
      });
    });
  }

  /** Also shows a listening connection that died in silence: its question fails. */
  #schedulePoll(): void {
    this.#cancelPoll = this.#options.clock.after(this.#options.pollMs, () => {
      this.#options.heard([{ kind: 'any' }]);
      const client = this.#client;
      client?.query('SELECT 1').catch((cause: unknown) => this.#lose(client, reconnectFirstMs, cause));
      if (!this.#isClosed) this.#schedulePoll();
    });
  }
}

/** null for what is not ours: another program may notify under the same name. */
function parseNews(payload: string): News | null {
  try {
    const news = JSON.parse(payload) as Partial<News> | null;
    if (typeof news?.node !== 'string') return null;
    return { node: news.node, work: Array.isArray(news.work) ? news.work : null };
  } catch {
    return null;
  }
}
