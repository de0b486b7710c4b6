import type { Knex } from 'knex';
import { BitHiveError } from '../../../core/errors.ts';
import type { Database } from './driver.ts';
import { knexOver } from './knex-dialect.ts';
import { migrations } from './migrations/index.ts';

export interface Migration {
  readonly name: string;
  up(knex: Knex): Promise<void>;
}

/**
 * Brings the schema up to date. The folder lock makes this process the only one, so a migration lock that a killed process
 * left is freed. Throws BH_STORE_VERSION when the data was written by a newer engine.
 */
export async function migrate(database: Database): Promise<void> {
  const knex = knexOver(database);
  const config: Knex.MigratorConfig = { migrationSource: source, tableName: 'schema_migrations' };
  try {
    await knex.migrate.forceFreeMigrationsLock(config);
    await knex.migrate.latest(config);
  } catch (error) {
    if (error instanceof Error && error.message.includes('migration directory is corrupt')) {
      throw new BitHiveError('BH_STORE_VERSION', 'the data folder was written by a newer engine', {
        cause: error,
      });
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
  throw new BitHiveError(
    'BH_STORE_VERSION',
    'migrations go forward only; restore the backup made before the upgrade',
  );
}
