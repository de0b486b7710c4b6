import knexFactory, { type Knex } from 'knex';
import pg from 'pg';
import { BitHiveError } from '../../../core/errors.ts';
import { advisory } from './advisory.ts';
import { stateOfError, storageError } from './faults.ts';
import { migrations } from './migrations/index.ts';
import { requireServer, type ServerFacts, type SessionOptions, sessionConfig } from './session.ts';

export interface Migration {
  readonly name: string;
  up(knex: Knex): Promise<void>;
}

/**
 * Checks the server and brings the schema up to date. One node at a time: the lock belongs to the
 * session, so a killed node leaves none, and knex's own lock, which would stay behind, is freed. Throws BH_STORE_VERSION when the
 * server is unsuitable or the data was written by a newer engine, BH_CONFIG_VALUE when it refuses the user or the database,
 * BH_STORE_IO when it cannot be reached.
 */
export async function migrate(options: SessionOptions): Promise<ServerFacts> {
  const guard = clientOf(options);
  // The query under way rejects as well, and is what the caller hears.
  guard.on('error', () => {});
  try {
    await guard.connect();
    const facts = await requireServer(guard);
    await guard.query('SELECT pg_advisory_lock($1, $2)', [...advisory.migration]);
    await migrateLocked(options);
    return facts;
  } catch (error) {
    throw refusalError(error) ?? storageError(error) ?? error;
  } finally {
    await guard.end();
  }
}

/** The text of the url stays out of the message: it holds a password. */
function clientOf(options: SessionOptions): pg.Client {
  try {
    return new pg.Client(sessionConfig(options));
  } catch {
    throw new BitHiveError('BH_CONFIG_VALUE', 'the connection string of the database cannot be read');
  }
}

/** Invalid authorization, no such database, no right to make tables. */
function refusalError(error: unknown): BitHiveError | null {
  const state = stateOfError(error);
  if (!/^(28|3D|42501)/.test(state)) return null;
  const detail = `the database server refuses the user or the database (${state})`;
  return new BitHiveError('BH_CONFIG_VALUE', detail, { cause: error });
}

async function migrateLocked(options: SessionOptions): Promise<void> {
  const config: Knex.MigratorConfig = { migrationSource: source, tableName: 'schema_migrations' };
  const knex = knexFactory({
    client: 'pg',
    // A migration over a full table may take long, and must not end in the middle of a try.
    connection: {
      ...sessionConfig(options),
      statement_timeout: 0,
      query_timeout: 0,
    } as Knex.PgConnectionConfig,
    pool: { min: 0, max: 1 },
    acquireConnectionTimeout: options.connectMs,
  });
  try {
    await knex.migrate.forceFreeMigrationsLock(config);
    await knex.migrate.latest(config);
  } catch (error) {
    if (error instanceof Error && error.message.includes('migration directory is corrupt')) {
      const detail = 'the database was written by a newer engine';
      throw new BitHiveError('BH_STORE_VERSION', detail, { cause: error });
    }
    throw error;
  } finally {
    await knex.destroy();
  }
}

const source: Knex.MigrationSource<Migration> = {
  getMigrations: async () => [...migrations],
  getMigrationName: (migration) => migration.name,
  getMigration: async (migration) => ({ up: (knex) => migration.up(knex), down: refuseDown }),
};

async function refuseDown(): Promise<void> {
  const detail = 'migrations go forward only; restore the backup made before the upgrade';
  throw new BitHiveError('BH_STORE_VERSION', detail);
}
