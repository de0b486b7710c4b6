import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import type { NewDelivery } from '../../core/delivery.ts';
import { type ChannelLease, type Store, silentLogger } from '../../core/ports/index.ts';
import { openPostgresStore } from '../../platform/store/index.ts';
import { addDeliveries } from '../../platform/store/postgres/apply/outbox.ts';
import { commitProcessed } from '../../platform/store/postgres/apply/processing.ts';
import { settleDeliveries } from '../../platform/store/postgres/apply/settlements.ts';
import { sessionConfig } from '../../platform/store/postgres/session.ts';
import { type Session, sessionOf } from '../../platform/store/postgres/session-pool.ts';
import { ManualClock } from '../manual-clock.ts';
import {
  claim,
  deliver,
  delivery,
  leaseAdt,
  message,
  processed,
  startMs,
} from '../platform/store/store-fixtures.ts';
import { PostgresServer } from './postgres-server.ts';

const server = await PostgresServer.start();
afterAll(() => server?.close());

const delivered = { outcome: { kind: 'delivered' as const }, atMs: startMs };

/** Two nodes in the middle of each other's transactions, step by step: what a race would have to hit by chance. */
(server ? describe : describe.skip)('PostgreSQL: between the statements of another node', () => {
  let url: string;
  let store: Store;
  let lease: ChannelLease;
  let clock: ManualClock;
  let client: pg.Client;
  let other: Session;
  beforeEach(async () => {
    url = await server!.createDatabase();
    clock = new ManualClock();
    store = await openPostgresStore({ url, clock, logger: silentLogger });
    lease = await leaseAdt(store);
    client = new pg.Client(sessionConfig({ url, name: 'other', connectMs: 5_000, statementMs: 20_000 }));
    await client.connect();
    other = sessionOf(client);
    await client.query('BEGIN');
  });
  afterEach(async () => {
    await client.end();
    await store.close();
  });

  /** Lets `work` run until it is done or waits for a lock of the other node, commits there, and answers what came of it. */
  async function across<T>(work: Promise<T>): Promise<T> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    const sql =
      "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while (!isDone && (await server!.run(url, sql)).length === 0) await Promise.resolve();
    await client.query('COMMIT');
    return done;
  }
  const plan = (one: NewDelivery) => ({
    delivery: one,
    message: 1,
    channel: 'adt',
    channelVersion: 1,
    createdAtMs: startMs,
  });
  const stateOf = async (id: number | undefined) =>
    (await store.searchDeliveries({ limit: 10 })).find((one) => one.id === id)?.state;

  test('who enters a lane while its head leaves is not forgotten', async () => {
    await deliver(store, lease, [delivery({ lanes: ['A'] })]);
    const [head] = await claim(store);
    const { ids } = await addDeliveries(other, [plan(delivery({ lanes: ['A'] }))]);
    await across(store.settleDelivery(head!, delivered));
    expect(await stateOf(ids[0])).toBe('due');
  });

  test('who waits in two lanes that two nodes free at once is not forgotten', async () => {
    const [, , merge] = await deliver(store, lease, [
      delivery({ lanes: ['A'] }),
      delivery({ lanes: ['B'] }),
      delivery({ lanes: ['A', 'B'] }),
    ]);
    const [first, second] = await claim(store);
    await settleDeliveries(other, [{ lease: first!, settlement: delivered }]);
    await across(store.settleDelivery(second!, delivered));
    expect(await stateOf(merge)).toBe('due');
  });

  test('two that enter a lane at once stand behind each other', async () => {
    const { id } = await store.accept(message());
    const { ids } = await addDeliveries(other, [plan(delivery({ lanes: ['A'] }))]);
    const deliveries = [delivery({ lanes: ['A'] })];
    const {
      ids: [mine],
    } = await across(store.commitProcessed(lease, [processed(id, { deliveries })]));
    expect([await stateOf(ids[0]), await stateOf(mine![0])]).toEqual(['due', 'queued']);
  });

  test('a channel is not taken over in the middle of a commit', async () => {
    const { id } = await store.accept(message());
    await commitProcessed(other, lease, [processed(id)]);
    clock.advance(60_000);
    const takeOver = async () => {
      const taken = await store.leaseChannel('adt', 'second', 30_000);
      return { epoch: taken?.epoch, waiting: await store.nextMessages('adt', 5) };
    };
    expect(await across(takeOver())).toEqual({ epoch: lease.epoch + 1, waiting: [] });
  });

  test('a result is refused when the lease was taken and settled meanwhile', async () => {
    await deliver(store, lease, [delivery()]);
    const [one] = await claim(store);
    await settleDeliveries(other, [{ lease: one!, settlement: delivered }]);
    await expect(across(store.settleDelivery(one!, delivered))).rejects.toMatchObject({
      code: 'BH_STORE_FENCED',
    });
  });
});
