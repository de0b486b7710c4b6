import knexFactory, { type Knex } from 'knex';
import SqliteClient from 'knex/lib/dialects/sqlite3/index.js';
import type { Database, SqlValue } from './driver.ts';

interface Query {
  readonly sql: string;
  readonly bindings?: readonly unknown[];
  response?: unknown;
  context?: { readonly lastID: unknown; readonly changes: unknown };
}

/**
 * knex over one open connection of the `node:sqlite` API. Used for migrations, searches and reports: on the hot path its query
 * building costs 5 to 15 times the statement (measured, docs/decisions/0002-store.md).
 */
export function knexOver(database: Database): Knex {
  class NodeSqliteClient extends SqliteClient {
    _driver(): object {
      return {};
    }
    async acquireRawConnection(): Promise<Database> {
      return database;
    }
    async destroyRawConnection(): Promise<void> {
      // The store owns the connection and closes it.
    }
    async _query(connection: Database, query: Query): Promise<Query> {
      const statement = connection.prepare(query.sql);
      const values = (query.bindings ?? []).map(toSqlValue);
      if (statement.columns().length > 0) {
        query.response = statement.all(...values);
      } else {
        const { changes } = statement.run(...values);
        query.response = [];
        query.context = { lastID: 0, changes };
      }
      return query;
    }
  }
  return knexFactory({
    client: NodeSqliteClient as unknown as typeof Knex.Client, // knex types its own dialects only
    connection: { filename: ':open:' },
    useNullAsDefault: true,
    pool: { min: 1, max: 1 },
  });
}

function toSqlValue(value: unknown): SqlValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'number' || typeof value === 'string' || value instanceof Uint8Array) return value;
  return String(value);
}
