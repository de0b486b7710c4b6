import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { type MessageId, messageId } from '../../core/ids.ts';
import { type Store, silentLogger } from '../../core/ports/index.ts';
import { openPostgresStore, restorePostgresBackup } from '../../platform/store/index.ts';
import { Database } from '../../platform/store/postgres/database.ts';
import { type Session, SessionPool } from '../../platform/store/postgres/session-pool.ts';
import { isBuilt, killAfter } from '../platform/store/kill-after.ts';
import {
  claim,
  dedupe,
  deliver,
  delivery,
  keys,
  leaseAdt,
  message,
  processed,
  startMs,
} from '../platform/store/store-fixtures.ts';
import { systemClock } from '../platform/store/system-clock.ts';
import { until } from '../until.ts';
import { PostgresServer } from './postgres-server.ts';
import { StallingProxy } from './stalling-proxy.ts';

const server = await PostgresServer.start();
afterAll(() => server?.close());
/** A node that claims one delivery and then accepts until it is killed; it prints the ids of what it acknowledged. */
const program = join(import.meta.dirname, 'postgres-kill-child.mjs');

const open = (url: string) => openPostgresStore({ url, clock: systemClock, logger: silentLogger });
const codeOf = async (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: { code?: string }) => error.code,
  );

/** For all new sessions; the server reads its settings again when it comes to it. */
async function setFsync(value: 'on' | 'off'): Promise<void> {
  await server!.run('postgres', `ALTER SYSTEM SET fsync = ${value}`);
  await server!.run('postgres', 'SELECT pg_reload_conf()');
  await until(async () => (await server!.run('postgres', 'SHOW fsync'))[0]?.fsync === value);
}

/** Accepts as a careful sender would: what was not acknowledged is sent again. */
async function insist(store: Store, key: string): Promise<MessageId> {
  for (;;) {
    try {
      return (await store.accept(message({ ...dedupe(key), ...keys(['control-id', key]) }))).id;
    } catch (error) {
      expect((error as { code?: string }).code).toBe('BH_STORE_IO');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

(server ? describe : describe.skip)('PostgreSQL: faults', () => {
  test('a server that crashes and comes back loses nothing acknowledged; the store goes on by itself', async () => {
    const url = await server!.createDatabase();
    const store = await open(url);
    const lease = await leaseAdt(store);
    const [id] = await deliver(store, lease, [delivery()]);
    const [leased] = await claim(store);
    const acknowledged = new Map<string, MessageId>();
    let isLoading = true;
    const load = Promise.all(
      Array.from({ length: 16 }, async (_, sender) => {
        for (let n = 0; isLoading; n += 1) {
          acknowledged.set(`${sender}-${n}`, await insist(store, `${sender}-${n}`));
        }
      }),
    );
    const reach = async (count: number) => {
      await until(() => acknowledged.size >= count);
    };
    await reach(200);
    await server!.down('SIGQUIT');
    expect(await codeOf(store.accept(message()))).toBe('BH_STORE_IO');
    expect(await store.health()).toMatchObject({ accepting: false, reason: expect.any(String) });
    await server!.up();
    await reach(acknowledged.size + 200);
    isLoading = false;
    await load;
    expect(await store.health()).toMatchObject({ accepting: true });
    for (const [key, one] of acknowledged) {
      expect((await store.getMessage(one))?.dedupe?.key).toBe(key);
    }
    expect(new Set(acknowledged.values()).size).toBe(acknowledged.size);
    await store.settleDelivery(leased!, { outcome: { kind: 'delivered' }, atMs: startMs });
    expect(await store.getDelivery(id!)).toMatchObject({ state: 'delivered' });
    await store.close();
  });

  (isBuilt ? test : test.skip)(
    'a killed node loses nothing it acknowledged, and its deliveries are taken by another (needs dist)',
    async () => {
      const url = await server!.createDatabase();
      const printed = (await killAfter(program, url, 300)).map(Number);
      const store = await open(url);
      for (const id of printed) expect(await store.getMessage(messageId(id))).not.toBeNull();
      const before = await claim(store, { nowMs: startMs + 9_999 });
      expect(before).toEqual([]);
      const taken = await claim(store, { nowMs: startMs + 10_000, owner: 'second' });
      expect(taken).toMatchObject([{ attempts: 2, leaseOwner: 'second' }]);
      expect(await store.leaseChannel('adt', 'second', 30_000)).toBeNull();
      await store.close();
    },
  );

  test('a network that goes silent is noticed, and the store goes on when it speaks again', async () => {
    const proxy = await StallingProxy.start(server!.port);
    const url = (await server!.createDatabase()).replace(`:${server!.port}`, `:${proxy.port}`);
    const sizes = { connectMs: 2_000, statementMs: 2_000, poolSize: 2 };
    const store = await openPostgresStore({ url, clock: systemClock, logger: silentLogger, ...sizes });
    const { id } = await store.accept(message(dedupe('before')));
    proxy.stall(true);
    expect(await codeOf(store.accept(message(dedupe('silent'))))).toBe('BH_STORE_IO');
    expect(await store.health()).toMatchObject({ accepting: false });
    proxy.stall(false);
    await insist(store, 'after');
    expect(await store.accept(message(dedupe('before')))).toMatchObject({ id, outcome: 'duplicate' });
    await store.close();
    await proxy.close();
  });

  test('two transactions in each other’s way are run again, not refused', async () => {
    const url = await server!.createDatabase();
    const session = { url, name: 'test', connectMs: 5_000, statementMs: 10_000 };
    const pool = () => new SessionPool({ ...session, sessionsMax: 2, waitingMax: 9, onIdleError: () => {} });
    const parts = { clock: systemClock, logger: silentLogger, onRecovered: () => {} };
    const database = new Database({ ...parts, writers: pool(), readers: pool() });
    const lock = (one: Session, key: number) =>
      one.query({ text: 'SELECT pg_advisory_xact_lock($1)' }, [key]);
    let runs = 0;
    const cross = (first: number, second: number) =>
      database.transaction(async (one) => {
        runs += 1;
        await lock(one, first);
        await until(() => runs >= 2);
        await lock(one, second);
      });
    await Promise.all([cross(1, 2), cross(2, 1)]);
    expect(runs).toBe(3);
    let tries = 0;
    const never = database.transaction(async () => {
      tries += 1;
      throw Object.assign(new TypeError('met again'), { code: '40001' });
    });
    expect(await codeOf(never)).toBe('BH_STORE_BUSY');
    expect(tries).toBe(5);
    await database.close();
  });

  test('commits are durable even where the database says otherwise', async () => {
    const url = await server!.createDatabase();
    const name = url.split('/').at(-1)!;
    await server!.run('postgres', `ALTER DATABASE ${name} SET synchronous_commit = off`);
    const pool = new SessionPool({
      url,
      name: 'test',
      connectMs: 5_000,
      statementMs: 5_000,
      sessionsMax: 1,
      waitingMax: 1,
      onIdleError: () => {},
    });
    const show = { text: 'SHOW synchronous_commit' };
    const rows = await pool.use(
      (session) => session.query(show),
      () => true,
    );
    expect(rows).toEqual([{ synchronous_commit: 'on' }]);
    await pool.close();
  });

  test('an unsuitable server or database is refused by name', async () => {
    const encoding = 'ENCODING SQL_ASCII TEMPLATE template0';
    await server!.run('postgres', `CREATE DATABASE ascii ${encoding}`);
    expect(await codeOf(open(server!.url('ascii')))).toBe('BH_STORE_VERSION');
    const url = await server!.createDatabase();
    await (await open(url)).close();
    await server!.run(url, "INSERT INTO schema_migrations (name, batch) VALUES ('0099-future', 9)");
    expect(await codeOf(open(url))).toBe('BH_STORE_VERSION');
    await setFsync('off');
    expect(await codeOf(open(await server!.createDatabase()))).toBe('BH_STORE_VERSION');
    await setFsync('on');
    expect(await codeOf(open('postgres://postgres@127.0.0.1:1/none'))).toBe('BH_STORE_IO');
    expect(await codeOf(open(server!.url('missing')))).toBe('BH_CONFIG_VALUE');
    expect(await codeOf(open('postgres://a b:secret@:x/'))).toBe('BH_CONFIG_VALUE');
  });

  test('characters and lengths that PostgreSQL refuses do not stop a feed', async () => {
    const store = await open(await server!.createDatabase());
    const lease = await leaseAdt(store);
    const odd = `a\0b\ud800c${'x'.repeat(10_000)}`;
    const { id } = await store.accept(
      message({ ...dedupe(odd), ...keys(['mrn', odd]), keys: [odd], sender: odd, type: odd, facts: { odd } }),
    );
    expect((await store.accept(message(dedupe(odd)))).outcome).toBe('duplicate');
    expect(await store.searchMessages({ keys: [{ name: 'mrn', value: odd }], limit: 2 })).toHaveLength(1);
    expect((await store.getMessage(id))?.facts).toEqual({ odd });
    const at = { scope: 'adt', key: odd };
    await store.commitProcessed(lease, [
      processed(id, {
        deliveries: [delivery({ lanes: [odd], dueAtMs: startMs + 0.5 }), delivery({ lanes: [odd] })],
        states: [{ ...at, value: { odd } }],
        items: [{ ...at, itemKey: odd, value: 1 }],
        timers: [{ key: odd, name: 'quiet', dueAtMs: startMs }],
      }),
    ]);
    expect((await store.readStates([{ ...at, withItems: true }]))[0]).toMatchObject({ value: { odd } });
    expect(await store.fireTimers(lease, 1, startMs, 5)).toBe(1);
    expect((await claim(store, { nowMs: startMs + 1 })).map((one) => one.lanes)).toEqual([[odd]]);
    await store.close();
  });

  test('a backup restored into an empty database is the same store', async () => {
    const store = await open(await server!.createDatabase());
    const lease = await leaseAdt(store);
    const { id } = await store.accept(message({ ...dedupe('k'), ...keys(['mrn', 'P1']) }));
    await store.commitProcessed(lease, [
      processed(id, {
        deliveries: [delivery({ lanes: ['P1'] }), delivery({ lanes: ['P1'] })],
        states: [{ scope: 'adt', key: 'P1', value: 1 }],
      }),
    ]);
    const folder = mkdtempSync(join(tmpdir(), 'bithive-backup-'));
    try {
      await store.backup(folder);
      const url = await server!.createDatabase();
      await restorePostgresBackup(url, folder);
      expect(await codeOf(restorePostgresBackup(url, folder))).toBe('BH_STORE_VERSION');
      const copy = await open(url);
      expect(await copy.getMessage(id)).toEqual(await store.getMessage(id));
      expect(await copy.searchMessages({ keys: [{ name: 'mrn', value: 'P1' }], limit: 5 })).toHaveLength(1);
      expect(await copy.accept(message(dedupe('k')))).toMatchObject({ id, outcome: 'duplicate' });
      expect((await copy.accept(message())).id).toBeGreaterThan(id);
      const [first] = await claim(copy);
      await copy.settleDelivery(first!, { outcome: { kind: 'delivered' }, atMs: startMs });
      expect(await claim(copy)).toHaveLength(1);
      await copy.close();
    } finally {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
