import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { messageId } from '../../../core/ids.ts';
import { type Store, silentLogger } from '../../../core/ports/index.ts';
import { openSqliteStore } from '../../../platform/store/index.ts';
import { openConnection } from '../../../platform/store/sqlite/connection.ts';
import { isVersionAtLeast, loadSqlite } from '../../../platform/store/sqlite/driver.ts';
import { until } from '../../until.ts';
import { diskFull, type FailingDriver, failingDriver, syncFailed } from './failing-driver.ts';
import { dedupe, message, startMs, textBytes } from './store-fixtures.ts';
import { systemClock } from './system-clock.ts';

const real = await loadSqlite();
const tmpfs = mkdtempSync(join(tmpdir(), 'bithive-tmpfs-'));
const canMount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', tmpfs]).status === 0;
afterAll(() => {
  if (canMount) execFileSync('umount', ['-l', tmpfs]);
  rmSync(tmpfs, { recursive: true, force: true });
});

describe('SQLite: what durability stands on', () => {
  test('a driver below the floor is told apart', () => {
    expect(isVersionAtLeast('3.51.2', '3.51.3')).toBe(false);
    expect(isVersionAtLeast('3.51.3', '3.51.3')).toBe(true);
    expect(isVersionAtLeast('3.9.0', '3.51.3')).toBe(false);
    expect(isVersionAtLeast('4.0.0', '3.51.3')).toBe(true);
  });

  test('a connection that does not sync every commit is refused', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bithive-sync-'));
    const lax = {
      ...real,
      open: (path: string) => {
        const database = real.open(path);
        return {
          exec: (sql: string) => database.exec(sql.replace('synchronous = FULL', 'synchronous = NORMAL')),
          prepare: (sql: string) => database.prepare(sql),
          close: () => database.close(),
        };
      },
    };
    expect(() => openConnection(lax, join(folder, 'x.db'))).toThrow('synchronous = 1, 2 is needed');
    openConnection(real, join(folder, 'x.db')).close();
    rmSync(folder, { recursive: true });
  });
});

describe('SQLite: faults', () => {
  let folder: string;
  let failing: FailingDriver;
  let store: Store;
  const open = () =>
    openSqliteStore({
      folder,
      clock: systemClock,
      logger: silentLogger,
      writer: 'inline',
      driver: failing.driver,
      diskFreeBytesMin: 0,
    });

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bithive-faults-'));
    failing = failingDriver(real);
    store = await open();
  });
  afterEach(async () => {
    failing.fail = null;
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('a second owner of the folder is refused, with the pid of the first', async () => {
    await expect(open()).rejects.toMatchObject({
      code: 'BH_STORE_LOCKED',
      detail: expect.stringContaining(String(process.pid)),
    });
    await store.close();
    store = await open();
    expect((await store.accept(message())).outcome).toBe('stored');
  });

  test('data of a newer engine is refused', async () => {
    await store.close();
    const database = openConnection(real, join(folder, 'bithive.db'));
    database.exec("INSERT INTO schema_migrations (name, batch) VALUES ('9999-future', 9)");
    database.close();
    await expect(open()).rejects.toMatchObject({ code: 'BH_STORE_VERSION' });
    const repaired = openConnection(real, join(folder, 'bithive.db'));
    repaired.exec("DELETE FROM schema_migrations WHERE name = '9999-future'");
    repaired.close();
    store = await open();
  });

  test('a full disk refuses the whole group, keeps nothing of it, and goes on when space returns', async () => {
    const kept = await store.accept(message(dedupe('kept')));
    failing.fail = diskFull;
    const group = await Promise.allSettled([
      store.accept(message(dedupe('a'))),
      store.accept(message(dedupe('b'))),
    ]);
    expect(group).toMatchObject([
      { reason: { code: 'BH_STORE_FULL' } },
      { reason: { code: 'BH_STORE_FULL' } },
    ]);
    expect(await store.health()).toMatchObject({ accepting: false, reason: expect.stringContaining('full') });
    failing.fail = null;
    expect(await store.accept(message(dedupe('a')))).toMatchObject({ outcome: 'stored', id: kept.id + 1 });
    expect(await store.health()).toMatchObject({ accepting: true });
    expect(await store.accept(message(dedupe('kept')))).toMatchObject({ outcome: 'duplicate', id: kept.id });
  });

  test('a failed sync stops acceptance, the store is reopened and recovered, and goes on by itself', async () => {
    const kept = await store.accept(message(dedupe('kept')));
    const opened = failing.opened;
    failing.fail = syncFailed;
    await expect(store.accept(message())).rejects.toMatchObject({ code: 'BH_STORE_IO' });
    expect(await store.health()).toMatchObject({ accepting: false });
    await expect(store.accept(message())).rejects.toMatchObject({ code: 'BH_STORE_IO' });
    await expect(store.nextMessages('adt', 1)).rejects.toMatchObject({ code: 'BH_STORE_IO' });
    const recovered = new Promise<void>((resolve) => {
      store.onWork((work) => {
        if (work.kind === 'any') resolve();
      });
    });
    failing.fail = null;
    await recovered;
    expect(failing.opened).toBeGreaterThan(opened);
    expect(await store.health()).toMatchObject({ accepting: true });
    expect(await store.accept(message(dedupe('kept')))).toMatchObject({ outcome: 'duplicate', id: kept.id });
    expect((await store.nextMessages('adt', 10)).map((m) => m.id)).toContain(kept.id);
  });

  test('a read that is under way when recovery begins is refused as such, not as a fault of the engine', async () => {
    // Enough for a search that finds nothing to take several turns.
    await Promise.all(
      Array.from({ length: 9_000 }, () => store.accept(message({ receivedAtMs: startMs - 1 }))),
    );
    const all = async (hashes: AsyncIterable<string>) => {
      for await (const _ of hashes);
    };
    const reads: Promise<unknown>[] = [];
    const ask = () => {
      const asked = [
        store.searchMessages({ channel: 'none', limit: 10 }),
        store.searchDeliveries({ limit: 10 }),
        store.depths(startMs),
        store.readAudit(1, 10),
        store.prune({ beforeMs: startMs, channel: 'none', limit: 1 }),
        all(store.blobsInUse()),
      ];
      reads.push(
        ...asked.map((work: Promise<unknown>) =>
          work.then(
            () => null,
            (refusal: unknown) => refusal,
          ),
        ),
      );
    };
    failing.fail = syncFailed;
    const failed = store.accept(message());
    let isFailed = false;
    failed.catch(() => {
      isFailed = true;
    });
    while (!isFailed) {
      ask();
      await new Promise((resolve) => setImmediate(resolve));
    }
    ask();
    const refusals = (await Promise.all(reads)).filter((refusal) => refusal !== null);
    expect(refusals.length).toBeGreaterThan(6);
    for (const refusal of refusals) expect(refusal).toMatchObject({ code: 'BH_STORE_IO' });
  });

  test('a read that the disk refuses is a fault of the disk', async () => {
    failing.failReads = true;
    await expect(store.getMessage(messageId(1))).rejects.toMatchObject({ code: 'BH_STORE_IO' });
    await expect(store.searchMessages({ limit: 1 })).rejects.toMatchObject({ code: 'BH_STORE_IO' });
    await expect(store.depths(startMs)).rejects.toMatchObject({ code: 'BH_STORE_IO' });
    failing.failReads = false;
    expect(await store.getMessage(messageId(1))).toBeNull();
  });

  test('a store that is closed while it recovers ends', async () => {
    failing.fail = syncFailed;
    await expect(store.accept(message())).rejects.toMatchObject({ code: 'BH_STORE_IO' });
    await store.close();
    failing.fail = null;
    store = await open();
  });

  test('an operation that breaks a rule of the database fails alone', async () => {
    const broken = message({ type: null as unknown as string });
    const [bad, good] = await Promise.allSettled([store.accept(broken), store.accept(message())]);
    expect(bad).toMatchObject({ reason: { code: 'BH_INTERNAL' } });
    expect(good.status).toBe('fulfilled');
    expect(await store.nextMessages('adt', 10)).toHaveLength(1);
  });

  test('after a failed sync nothing of the same group is written to the file any more', async () => {
    // The bug makes each operation run alone; the sync of the second one fails, and the one of the third would succeed.
    const broken = message({ type: null as unknown as string });
    failing.failOnceAfter = 1;
    const group = await Promise.allSettled(
      [message(dedupe('a')), message(dedupe('b')), broken, message(dedupe('c'))].map((one) =>
        store.accept(one),
      ),
    );
    expect(group.map((one) => one.status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected']);
    expect(group[3]).toMatchObject({ reason: { code: 'BH_STORE_IO' } });
  });

  test('a close after a failed sync acknowledges nothing of what still waits', async () => {
    // More than one group: the first one fails, and the second is written by the close.
    failing.failOnceAfter = 0;
    const waiting = Array.from({ length: 2_001 }, (_, n) => store.accept(message(dedupe(`m${n}`))));
    const settled = Promise.allSettled(waiting);
    await store.close();
    expect((await settled).filter((one) => one.status === 'fulfilled')).toEqual([]);
    store = await open();
  });

  test('too much that waits is refused at once', async () => {
    const waiting = Array.from({ length: 20_000 }, () => store.accept(message()));
    const one = await Promise.allSettled([store.accept(message())]);
    expect(one).toMatchObject([{ reason: { code: 'BH_STORE_BUSY' } }]);
    await Promise.all(waiting);
  });

  test('below the watermark nothing is accepted, and work that was accepted goes on', async () => {
    await store.accept(message());
    await store.close();
    const full = {
      folder,
      clock: systemClock,
      logger: silentLogger,
      diskFreeBytesMin: Number.MAX_SAFE_INTEGER,
    };
    store = await openSqliteStore(full);
    await expect(store.accept(message())).rejects.toMatchObject({ code: 'BH_STORE_FULL' });
    expect(await store.leaseChannel('adt', 'owner', 1000)).not.toBeNull();
    expect(await store.health()).toMatchObject({ accepting: false });
  });

  (canMount ? test : test.skip)(
    'a disk that really is full loses nothing and recovers (needs mount)',
    async () => {
      const data = join(tmpfs, 'store');
      mkdirSync(data);
      const small = await openSqliteStore({
        folder: data,
        clock: systemClock,
        logger: silentLogger,
        writer: 'inline',
        diskFreeBytesMin: 0,
      });
      const ballast = join(tmpfs, 'ballast');
      await writeFile(ballast, Buffer.alloc(1024 * 1024));
      const body = { kind: 'inline' as const, bytes: textBytes('x'.repeat(60_000)) };
      const acknowledged: number[] = [];
      let code = '';
      for (let n = 0; n < 500 && code === ''; n += 1) {
        await small.accept(message({ body, ...dedupe(`m${n}`) })).then(
          (receipt) => acknowledged.push(receipt.id),
          (error: { code: string }) => {
            code = error.code;
          },
        );
      }
      expect(code).toBe('BH_STORE_FULL');
      await rm(ballast);
      await until(async () =>
        small.accept(message()).then(
          () => true,
          () => false,
        ),
      );
      const kept = new Set((await small.searchMessages({ limit: 1000 })).map((m) => m.id as number));
      expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
      await small.close();
    },
  );
});
