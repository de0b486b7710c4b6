import pg from 'pg';
import { BitHiveError } from '../../../core/errors.ts';

/** Nothing newer is asked for; the tests run on 18. */
const versionMin = 130_000;

const int8 = 20;
/** Ids and times are below 2^53, so a bigint is a number here. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === int8 && format !== 'binary'
      ? Number
      : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
};

export interface SessionOptions {
  readonly url: string;
  readonly name: string;
  readonly connectMs: number;
  readonly statementMs: number;
}

/** What every connection of the store has: limits on waiting at both ends, so that no network failure holds us for good. */
export function sessionConfig(options: SessionOptions): pg.ClientConfig {
  return {
    connectionString: options.url,
    application_name: options.name,
    connectionTimeoutMillis: options.connectMs,
    statement_timeout: options.statementMs,
    lock_timeout: options.statementMs,
    idle_in_transaction_session_timeout: options.statementMs,
    query_timeout: options.statementMs + 2_000,
    keepAlive: true,
    types,
  };
}

const settingsSql = `SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS name,
  current_setting('server_encoding') AS encoding, current_setting('fsync') AS fsync,
  coalesce(NOT (inet_server_addr() << '127.0.0.0/8' OR inet_server_addr() = '::1'), false)
    AND NOT coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS is_exposed`;

export interface ServerFacts {
  readonly version: string;
  /** Patient data crosses a network without TLS. */
  readonly isExposed: boolean;
}
interface ServerRow {
  readonly version: number;
  readonly name: string;
  readonly encoding: string;
  readonly fsync: string;
  readonly is_exposed: boolean;
}

/** Throws BH_STORE_VERSION when the server cannot hold what is acknowledged. */
export async function requireServer(client: pg.ClientBase): Promise<ServerFacts> {
  const { rows } = await client.query<ServerRow>(settingsSql);
  const server = rows[0]!;
  const refuse = (detail: string) => new BitHiveError('BH_STORE_VERSION', detail);
  if (server.version < versionMin) throw refuse(`PostgreSQL ${server.name} is older than 13`);
  if (server.encoding !== 'UTF8') throw refuse(`the database is encoded in ${server.encoding}, not in UTF8`);
  if (server.fsync !== 'on')
    throw refuse('the server runs with fsync = off: acknowledged messages could be lost');
  return { version: server.name, isExposed: server.is_exposed };
}

/** A commit is durable before it is answered, whatever the server, the database or the role say; remote_apply is more, and stays. */
export async function makeDurable(client: pg.ClientBase): Promise<void> {
  const current = async () => {
    const { rows } = await client.query("SELECT current_setting('synchronous_commit') AS word");
    return (rows[0] as { word: string }).word;
  };
  const isDurable = (word: string) => word === 'on' || word === 'remote_apply';
  if (isDurable(await current())) return;
  await client.query('SET synchronous_commit = on');
  const word = await current();
  if (!isDurable(word)) throw new BitHiveError('BH_STORE_VERSION', `synchronous_commit stays ${word}`);
}
