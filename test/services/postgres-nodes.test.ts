import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { LeasedDelivery } from '../../core/delivery.ts';
import { type AuditEvent, type Store, silentLogger, type Work } from '../../core/ports/index.ts';
import { openPostgresStore } from '../../platform/store/index.ts';
import { migrations } from '../../platform/store/postgres/migrations/index.ts';
import { ManualClock } from '../manual-clock.ts';
import { dedupe, deliver, delivery, message, processed, startMs } from '../platform/store/store-fixtures.ts';
import { systemClock } from '../platform/store/system-clock.ts';
import { until } from '../until.ts';
import { PostgresServer } from './postgres-server.ts';

const server = await PostgresServer.start();
afterAll(() => server?.close());

const claimOf = (store: Store, owner: string, change: object = {}) =>
  store.leaseDeliveries({
    channel: 'adt',
    destination: 'ehr',
    owner,
    nowMs: startMs,
    leaseMs: 10_000,
    limit: 7,
    ...change,
  });

(server ? describe : describe.skip)('PostgreSQL: two nodes on one database', () => {
  let url: string;
  let a: Store;
  let b: Store;
  const open = (owner: string, change: object = {}) =>
    openPostgresStore({ url, clock: systemClock, logger: silentLogger, owner, pollMs: 60_000, ...change });
  beforeEach(async () => {
    url = await server!.createDatabase();
    [a, b] = await Promise.all([open('a'), open('b')]);
  });
  afterEach(async () => {
    await Promise.all([a.close(), b.close()]);
  });

  test('both may open an empty database at the same moment', async () => {
    const rows = await server!.run(url, 'SELECT name FROM schema_migrations ORDER BY id');
    expect(rows.map((row) => row.name)).toEqual(migrations.map((migration) => migration.name));
  });

  test('no delivery is leased twice', async () => {
    const lease = (await a.leaseChannel('adt', 'a', 30_000))!;
    const ids = await deliver(
      a,
      lease,
      Array.from({ length: 400 }, (_, n) => delivery({ priority: n % 3 })),
    );
    const claimed: number[] = [];
    const drain = async (store: Store, owner: string) => {
      for (;;) {
        const batch = await claimOf(store, owner);
        if (batch.length === 0) return;
        claimed.push(...batch.map((one) => one.id));
      }
    };
    await Promise.all([drain(a, 'a1'), drain(a, 'a2'), drain(b, 'b1'), drain(b, 'b2')]);
    expect(claimed.sort((x, y) => x - y)).toEqual([...ids].sort((x, y) => x - y));
  });

  test('lanes hold while both nodes decide, send and settle: one in flight per lane, in order, none forgotten', async () => {
    const inFlight = new Set<string>();
    const lastOf = new Map<string, number>();
    const delivered: number[] = [];
    const decided: number[] = [];
    let random = 7;
    const draw = (below: number) => {
      random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0;
      return (random >>> 8) % below;
    };
    const lanesOf = () => [...new Set(Array.from({ length: draw(4) }, () => `lane ${draw(4)}`))];
    let deciding = 2;
    const decide = async (store: Store, channel: string) => {
      const lease = (await store.leaseChannel(channel, 'owner', 30_000))!;
      for (let round = 0; round < 30; round += 1) {
        const { id } = await store.accept(message({ channel }));
        const deliveries = Array.from({ length: 3 }, () => delivery({ lanes: lanesOf() }));
        const {
          ids: [ids],
        } = await store.commitProcessed(lease, [processed(id, { deliveries })]);
        decided.push(...ids!);
      }
      deciding -= 1;
    };
    const settle = async (store: Store, one: LeasedDelivery) => {
      const isRetry = draw(5) === 0;
      for (const lane of one.lanes) inFlight.delete(lane);
      const outcome = isRetry
        ? { kind: 'retry' as const, error: { code: 'BH_DELIVERY_BUSY', detail: '' } }
        : { kind: 'delivered' as const };
      if (!isRetry) delivered.push(one.id);
      await store.settleDelivery(one, { outcome, atMs: startMs, nextDueAtMs: startMs });
    };
    const start = (one: LeasedDelivery) => {
      for (const lane of one.lanes) {
        expect(inFlight.has(lane)).toBe(false);
        inFlight.add(lane);
        expect(one.id).toBeGreaterThanOrEqual(lastOf.get(lane) ?? 0);
        lastOf.set(lane, one.id);
      }
    };
    const send = async (store: Store, channel: string, owner: string) => {
      await until(async () => {
        for (;;) {
          const batch = await claimOf(store, owner, { channel });
          if (batch.length === 0) break;
          batch.forEach(start);
          await Promise.all(batch.map((one) => settle(store, one)));
        }
        return deciding === 0 && delivered.length >= decided.length;
      });
    };
    await Promise.all([
      decide(a, 'left'),
      decide(b, 'right'),
      ...['left', 'right'].flatMap((channel) => [send(a, channel, 'a'), send(b, channel, 'b')]),
    ]);
    expect(delivered.sort((x, y) => x - y)).toEqual(decided.sort((x, y) => x - y));
    expect(await server!.run(url, 'SELECT count(*)::int AS n FROM delivery_lanes')).toEqual([{ n: 0 }]);
  });

  test('what arrives at both at once is stored once; with other content it is flagged at one of them', async () => {
    const keys = Array.from({ length: 200 }, (_, n) => `key ${n}`);
    const [left, right] = await Promise.all(
      [a, b].map((store, at) => {
        const inOrder = at === 0 ? keys : [...keys].reverse();
        return Promise.all(inOrder.map((key) => store.accept(message(dedupe(key)))));
      }),
    );
    const rightInOrder = [...right!].reverse();
    for (const [at, receipt] of left!.entries()) {
      expect(rightInOrder[at]!.id).toBe(receipt.id);
      expect([receipt.outcome, rightInOrder[at]!.outcome].sort()).toEqual(['duplicate', 'stored']);
    }
    const others = await Promise.all(
      keys.flatMap((key) => [
        a.accept(message(dedupe(`${key} more`, 'one'))),
        b.accept(message(dedupe(`${key} more`, 'two'))),
      ]),
    );
    for (let at = 0; at < others.length; at += 2) {
      expect([others[at]!.outcome, others[at + 1]!.outcome].sort()).toEqual(['conflict', 'stored']);
    }
  });

  test('a channel is processed by one node, and taken over when its lease ends; the first one is fenced', async () => {
    const clock = new ManualClock();
    await Promise.all([a.close(), b.close()]);
    [a, b] = await Promise.all([open('a', { clock }), open('b', { clock })]);
    const first = (await a.leaseChannel('adt', 'a', 30_000))!;
    const { id } = await b.accept(message());
    expect(await b.leaseChannel('adt', 'b', 30_000)).toBeNull();
    clock.advance(30_000);
    const second = (await b.leaseChannel('adt', 'b', 30_000))!;
    expect(second.epoch).toBe(first.epoch + 1);
    await expect(a.commitProcessed(first, [processed(id)])).rejects.toMatchObject({
      code: 'BH_STORE_FENCED',
    });
    await b.commitProcessed(second, [processed(id)]);
  });

  test('of two nodes that ask for a channel at once, one gets it', async () => {
    for (let round = 0; round < 20; round += 1) {
      const leases = await Promise.all([
        a.leaseChannel(`c${round}`, 'a', 30_000),
        b.leaseChannel(`c${round}`, 'b', 30_000),
      ]);
      expect(leases.filter((lease) => lease !== null)).toHaveLength(1);
    }
  });

  test('a node hears of the other’s work, also after its listening session was ended', async () => {
    const heard: Work[] = [];
    b.onWork((work) => heard.push(work));
    const hears = async (work: Work) => {
      await until(() => heard.some((one) => JSON.stringify(one) === JSON.stringify(work)));
    };
    await a.accept(message());
    await hears({ kind: 'messages', channel: 'adt' });
    const lease = (await a.leaseChannel('adt', 'a', 30_000))!;
    await deliver(a, lease, [delivery()]);
    await hears({ kind: 'deliveries', channel: 'adt', destination: 'ehr' });
    await server!.run(
      url,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'",
    );
    await hears({ kind: 'any' });
    await a.accept(message({ channel: 'after' }));
    await hears({ kind: 'messages', channel: 'after' });
  });

  test('a node that stops tells at once that its channels are free', async () => {
    const lease = (await a.leaseChannel('adt', 'a', 30_000))!;
    const heard = new Promise((resolve) => b.onWork(resolve));
    await a.releaseChannel(lease);
    await a.close();
    expect(await heard).toEqual({ kind: 'messages', channel: 'adt' });
    expect(await b.leaseChannel('adt', 'b', 30_000)).not.toBeNull();
  });

  test('what no notification told is found by the slow poll', async () => {
    await b.close();
    b = await open('b', { pollMs: 50 });
    const any = await new Promise((resolve) => b.onWork(resolve));
    expect(any).toEqual({ kind: 'any' });
  });

  test('the audit trail of both is one chain, and a channel deployed by both has one version', async () => {
    const event = (n: number): AuditEvent => ({
      action: 'read',
      operation: `search ${n}`,
      agent: 'operator',
      outcome: 'success',
      atMs: startMs,
      entities: {},
    });
    await Promise.all(Array.from({ length: 60 }, (_, n) => (n % 2 ? a : b).appendAudit(event(n))));
    const chain = await a.readAudit(1, 100);
    expect(chain.map((entry) => entry.seq)).toEqual(Array.from({ length: 60 }, (_, n) => n + 1));
    expect(new Set(chain.map((entry) => entry.operation)).size).toBe(60);
    const versions = await Promise.all(
      [a, b, a, b].map((store) => store.deployChannel('adt', 'text', startMs)),
    );
    expect(versions).toEqual([1, 1, 1, 1]);
  });
});
