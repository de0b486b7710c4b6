import knexFactory, { type Knex } from 'knex';
import type { Statement } from '../session-pool.ts';

/** Builds what operators ask; it has no connection of its own. */
export const sql: Knex = knexFactory({ client: 'pg' });

/** What was built, as the arguments of a session's `query`. Without a name: each question has a text of its own. */
export function queryOf(builder: Knex.QueryBuilder): [Statement, readonly unknown[]] {
  const { sql: text, bindings } = builder.toSQL().toNative();
  return [{ text }, bindings];
}
