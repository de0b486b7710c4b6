import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Origins, originSpan, originsRemoveSql } from '../../../platform/store/sqlite/apply/origins.ts';
import { factsOfMessageSql } from '../../../platform/store/sqlite/apply/pruning.ts';
import { openConnection } from '../../../platform/store/sqlite/connection.ts';
import { type Database, loadSqlite } from '../../../platform/store/sqlite/driver.ts';
import { knexOver } from '../../../platform/store/sqlite/knex-dialect.ts';
import { migrate } from '../../../platform/store/sqlite/migrate.ts';
import { first } from '../../../platform/store/sqlite/migrations/0001-first.ts';
import { retention } from '../../../platform/store/sqlite/migrations/0003-retention.ts';
import { message } from './store-fixtures.ts';

describe('SQLite: what retention removes beside messages', () => {
  let folder: string;
  let database: Database;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bithive-retention-'));
    database = openConnection(await loadSqlite(), join(folder, 'x.db'));
  });
  afterEach(() => {
    database.close();
    rmSync(folder, { recursive: true });
  });
  const column = (sql: string, name: string) =>
    database
      .prepare(sql)
      .all()
      .map((row) => row[name]);

  test('an origin goes when the last message that has it is gone, and never before', async () => {
    await migrate(database);
    const steps = fc.array(
      fc.record({
        sender: fc.integer({ min: 0, max: 5 }),
        gap: fc.oneof(
          fc.integer({ min: 1, max: 9 }),
          fc.integer({ min: originSpan - 1, max: originSpan + 2 }),
          fc.integer({ min: 1, max: originSpan * 2 }),
        ),
        keep: fc.option(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: originSpan * 3 }))),
        restarts: fc.boolean(),
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(steps, (plan) => {
        database.exec('DELETE FROM origins');
        let origins = new Origins(database);
        let seq = 0;
        let oldest = 0;
        const kept: { seq: number; origin: number }[] = [];
        for (const { sender, gap, keep, restarts } of plan) {
          if (restarts) origins = new Origins(database);
          seq += gap;
          kept.push({ seq, origin: origins.idOf(message({ sender: `HIS ${sender}` }), seq) });
          if (keep === null) continue;
          oldest = Math.max(oldest, seq - keep);
          origins.dropBefore(oldest);
          const stored = new Set(column('SELECT id FROM origins', 'id'));
          expect(kept.filter((one) => one.seq >= oldest && !stored.has(one.origin))).toEqual([]);
        }
        origins.dropBefore(seq + originSpan * 2);
        expect(column('SELECT id FROM origins', 'id')).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test('one look removes a bounded number of origins', async () => {
    await migrate(database);
    const origins = new Origins(database);
    for (let n = 1; n <= 1200; n += 1) origins.idOf(message({ sender: `S${n}` }), n);
    const count = () => column('SELECT count(*) AS count FROM origins', 'count')[0];
    origins.dropBefore(originSpan + 5000);
    expect(count()).toBe(700);
    origins.dropBefore(originSpan + 5000);
    origins.dropBefore(originSpan + 5000);
    expect(count()).toBe(0);
  });

  test.each([
    ['origins that nobody has', originsRemoveSql, 'origins_last'],
    ['facts of a message', factsOfMessageSql.remove, 'states_message'],
    ['items of the facts of a message', factsOfMessageSql.removeItems, 'states_message'],
  ])('%s are found by a seek', async (_name, sql, index) => {
    await migrate(database);
    const plan = column(`EXPLAIN QUERY PLAN ${sql}`, 'detail').map(String);
    expect(plan.join('\n')).toContain(index);
    expect(plan.filter((step) => step.startsWith('SCAN'))).toEqual([]);
  });

  test('orders of an older engine get the message that they name; those that outlived it go', async () => {
    const knex = knexOver(database);
    try {
      await first.up(knex);
      database.exec(
        `INSERT INTO messages (seq, channel, status, origin, received_at) VALUES (7, 'adt', 3, 1, 1), (9, 'adt', 3, 1, 1)`,
      );
      database.exec(`INSERT INTO states VALUES ('order', 'A', '{"messageId":7}'), ('order', 'B', '{"messageId":3}'),
        ('order', 'C', '{}'), ('imaging', 'A', '{"messageId":3}')`);
      await retention.up(knex);
    } finally {
      await knex.destroy();
    }
    expect(database.prepare('SELECT scope, key, message FROM states ORDER BY scope, key').all()).toEqual([
      { scope: 'imaging', key: 'A', message: null },
      { scope: 'order', key: 'A', message: 7 },
      { scope: 'order', key: 'C', message: 9 },
    ]);
  });
});
