import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { silentLogger } from '../../core/ports/index.ts';
import { openPostgresStore } from '../../platform/store/index.ts';
import { claimSql } from '../../platform/store/postgres/apply/claims.ts';
import { holdSql } from '../../platform/store/postgres/apply/hold-deliveries.ts';
import { findHoldersStatement } from '../../platform/store/postgres/apply/inbox-sql.ts';
import { laneSql } from '../../platform/store/postgres/apply/lanes.ts';
import { takeWaitingStatement } from '../../platform/store/postgres/apply/processing.ts';
import { pruneSql } from '../../platform/store/postgres/apply/pruning.ts';
import { settleDeliveriesStatement } from '../../platform/store/postgres/apply/settle-sql.ts';
import { takeTimersStatement } from '../../platform/store/postgres/apply/timers.ts';
import { operatorSql } from '../../platform/store/postgres/read/operator-reader.ts';
import { workSql } from '../../platform/store/postgres/read/work-reader.ts';
import { systemClock } from '../platform/store/system-clock.ts';
import { PostgresServer } from './postgres-server.ts';

const server = await PostgresServer.start();
afterAll(() => server?.close());

const mark = `'00000000-0000-0000-0000-000000000001'`;
const marks = `ARRAY[${mark}]::uuid[]`;
const mine = `'adt', 'ehr'`;

/** Each hot question with values for its parameters, and the indexes that answer it. */
const questions: readonly [name: string, text: string, values: string, indexes: readonly string[]][] = [
  ['next messages', workSql.nextMessages.text, `'adt', 50`, ['waiting_pkey', 'messages_pkey']],
  ['a message', workSql.message.text, '77', ['messages_pkey']],
  [
    'holders of dedupe keys',
    findHoldersStatement.text,
    `${marks}, ${marks}`,
    ['messages_first', 'messages_conflict'],
  ],
  ['states', workSql.states.text, marks, ['states_pkey']],
  ['items', workSql.items.text, marks, ['state_items_pkey']],
  ['next timer', workSql.nextTimer.text, `'adt'`, ['timers_due']],
  ['timers due', takeTimersStatement.text, `'adt', 10, 10`, ['timers_due']],
  [
    'claim',
    claimSql.claim.text,
    `${mine}, 5000, 9000, 'me', 16, '{}'`,
    ['deliveries_leased', 'deliveries_due'],
  ],
  ['next due or lease end', workSql.nextDelivery.text, mine, ['deliveries_leased', 'deliveries_due']],
  ['occupied lanes', laneSql.read.text, `1, ${marks}`, ['delivery_lanes_pkey']],
  [
    'leave lanes',
    laneSql.leave.text,
    `${marks}, ARRAY[1]::bigint[]`,
    ['delivery_lanes_pkey', 'deliveries_pkey'],
  ],
  ['promote', laneSql.promote.text, 'ARRAY[1]::bigint[]', ['delivery_lanes_pkey', 'deliveries_pkey']],
  ['renew', claimSql.renew.text, `'[{"id":6,"owner":"x","epoch":1}]', 9000`, ['deliveries_pkey']],
  ['lanes of deliveries', holdSql.lanes.text, 'ARRAY[1]::bigint[]', ['deliveries_pkey']],
  ['hold deliveries', holdSql.hold.text, 'ARRAY[1]::bigint[]', ['deliveries_pkey', 'messages_pkey']],
  ['settle deliveries', settleDeliveriesStatement.text, `'[{"id":6,"state":5}]'`, ['deliveries_pkey']],
  [
    'take waiting',
    takeWaitingStatement.text,
    `'adt', ARRAY[50000]::bigint[]`,
    ['waiting_pkey', 'messages_pkey'],
  ],
  [
    'prune: the trees of roots',
    pruneSql.trees.text,
    'ARRAY[1]::bigint[], 9000, 10000',
    ['messages_parent', 'messages_replay_of', 'waiting_pkey'],
  ],
  [
    'prune: the rows of messages',
    pruneSql.remove.text,
    'ARRAY[1]::bigint[]',
    [
      'deliveries_message',
      'delivery_bodies_pkey',
      'outcomes_pkey',
      'states_message',
      'state_items_pkey',
      'messages_pkey',
    ],
  ],
  [
    'lineage',
    operatorSql.lineage.text,
    '77',
    ['messages_parent', 'messages_replay_of', 'deliveries_message'],
  ],
];

const fill = [
  `INSERT INTO messages (seq, channel, channel_version, kind, type, sender, content_type, received_at, first_mark,
    conflict_mark, parent, replay_of)
    SELECT n, 'adt', 1, 'hl7v2', 'ADT^A04', 'HIS', 'x', n, md5(n::text)::uuid, CASE WHEN n % 100 = 0 THEN md5('c' || n)::uuid END,
      CASE WHEN n % 5 = 0 THEN n - 1 END, CASE WHEN n % 7 = 0 THEN n - 1 END FROM generate_series(1, 60000) n`,
  `INSERT INTO waiting SELECT 'adt', n FROM generate_series(40000, 60000) n`,
  `INSERT INTO outcomes SELECT n, 3, n FROM generate_series(1, 39999) n`,
  `INSERT INTO search_terms SELECT (n * 7919) % 1000003, n FROM generate_series(1, 60000) n`,
  `INSERT INTO deliveries (id, message, channel, channel_version, destination, state, priority, position, lanes, lane_marks,
    due_at, expires_at, created_at, lease_until, content_type)
    SELECT n, n, 'adt', 1, CASE WHEN n % 3 = 0 THEN 'ehr' ELSE 'ris' END, 2 + n % 4, n % 3, n, '[]', ARRAY[md5((n % 5000)::text)::uuid],
      n, n, n, CASE WHEN n % 4 = 2 THEN n END, 'x' FROM generate_series(1, 60000) n`,
  `INSERT INTO delivery_lanes SELECT lane_marks[1], id, id FROM deliveries WHERE state < 5`,
  `INSERT INTO delivery_bodies SELECT n, '' FROM generate_series(1, 60000) n`,
  `INSERT INTO states SELECT md5(n::text)::uuid, 's', n, '1', CASE WHEN n % 4 = 0 THEN n END FROM generate_series(1, 20000) n`,
  `INSERT INTO state_items SELECT md5(n::text)::uuid, md5(n::text)::uuid, n, '1' FROM generate_series(1, 20000) n`,
  `INSERT INTO timers SELECT md5(n::text)::uuid, 'adt', n, 'quiet', n, '{}' FROM generate_series(1, 20000) n`,
  'ANALYZE',
];
/** What grows with the work; a scan of it is a store that slows as it fills. */
const large =
  'messages|waiting|outcomes|search_terms|deliveries|delivery_lanes|delivery_bodies|states|state_items|timers';

(server ? describe : describe.skip)('PostgreSQL: query plans over many rows', () => {
  let client: pg.Client;
  beforeAll(async () => {
    const url = await server!.createDatabase();
    await (await openPostgresStore({ url, clock: systemClock, logger: silentLogger })).close();
    client = new pg.Client({ connectionString: url });
    await client.connect();
    for (const sql of fill) await client.query(sql);
    // The plan that a prepared statement keeps: made without its values.
    await client.query('SET plan_cache_mode = force_generic_plan');
  });
  afterAll(() => client.end());

  test.each(questions)('%s: by its index', async (_name, text, values, indexes) => {
    await client.query(`PREPARE question AS ${text}`);
    const { rows } = await client.query<Record<'QUERY PLAN', string>>(`EXPLAIN EXECUTE question(${values})`);
    await client.query('DEALLOCATE question');
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).not.toMatch(new RegExp(`Seq Scan on (${large})\\b`));
    for (const index of indexes) expect(plan).toContain(index);
  });

  test('a search by key reads the entries of that key', async () => {
    const { rows } = await client.query<Record<'QUERY PLAN', string>>(
      `EXPLAIN SELECT m.seq FROM messages m JOIN search_terms t ON t.seq = m.seq WHERE t.term = 7919
        ORDER BY m.seq DESC LIMIT 10`,
    );
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain('search_terms_pkey');
    expect(plan).not.toContain('Seq Scan');
  });
});
