import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { claimSql } from '../../../platform/store/sqlite/apply/claims.ts';
import { topSql } from '../../../platform/store/sqlite/apply/numbers.ts';
import { childrenSql } from '../../../platform/store/sqlite/apply/pruning.ts';
import { timersDueSql } from '../../../platform/store/sqlite/apply/timers.ts';
import { openConnection } from '../../../platform/store/sqlite/connection.ts';
import { type Database, loadSqlite } from '../../../platform/store/sqlite/driver.ts';
import { migrate } from '../../../platform/store/sqlite/migrate.ts';
import { workSql } from '../../../platform/store/sqlite/read/work-reader.ts';

/** Each hot question, and the index that answers it. A scan or a sort here is a store that slows as it fills. */
const questions: readonly [name: string, sql: string, index: string][] = [
  ['next messages', workSql.nextMessages, 'messages_received'],
  ['claim: leases that ran out', claimSql.expired, 'deliveries_leased'],
  ['claim: the next priority', claimSql.priorityBelow, 'deliveries_due'],
  ['claim: due deliveries', claimSql.due, 'deliveries_due'],
  ['next due', workSql.nextDue, 'deliveries_due'],
  ['next lease end', workSql.nextLeaseEnd, 'deliveries_leased'],
  ['next timer', workSql.nextTimer, 'timers_due'],
  ['timers due', timersDueSql, 'timers_due'],
  ['children', childrenSql, 'messages_parent'],
  [
    'first of a lane',
    'SELECT position FROM delivery_lanes WHERE lane = ? ORDER BY position LIMIT 1',
    'PRIMARY KEY',
  ],
  [
    'deliveries of a message',
    'SELECT id FROM deliveries WHERE message = ? ORDER BY id',
    'deliveries_message',
  ],
];

describe('SQLite: query plans', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bithive-plans-'));
  let database: Database;
  beforeAll(async () => {
    database = openConnection(await loadSqlite(), join(folder, 'x.db'));
    await migrate(database);
  });
  afterAll(() => {
    database.close();
    rmSync(folder, { recursive: true });
  });

  test.each(questions)('%s is a seek', (_name, sql, index) => {
    const plan = database
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map((row) => String(row.detail));
    expect(plan.join('\n')).toContain(index);
    expect(
      plan.filter((step) => /^SCAN (?!CONSTANT)/.test(step) || /^USE TEMP B-TREE FOR ORDER/.test(step)),
    ).toEqual([]);
  });

  test.each([
    [2, 'deliveries_queued'],
    [3, 'deliveries_due'],
    [4, 'deliveries_leased'],
  ])('open deliveries of state %i are counted in an index that holds no others', (state, index) => {
    const sql = `SELECT channel, destination, count(*), min(id) FROM deliveries WHERE state = ${state}
      GROUP BY channel, destination`;
    const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();
    expect(plan.map((row) => String(row.detail))).toEqual([`SCAN deliveries USING COVERING INDEX ${index}`]);
  });

  test('the highest numbers are found without a walk over messages or deliveries', () => {
    const plan = [topSql.message, topSql.delivery]
      .flatMap((sql) => database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all())
      .map((row) => String(row.detail));
    // SQLite finds the largest rowid by one step from the end, and calls it a search.
    expect(plan).toEqual(expect.arrayContaining(['SEARCH messages', 'SEARCH deliveries']));
    expect(plan.filter((step) => /^SCAN (messages|deliveries)\b/.test(step))).toEqual([]);
  });
});
