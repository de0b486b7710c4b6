import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../config/index.ts';
import { type Store, silentLogger } from '../../core/ports/index.ts';
import { createSystemKeys } from '../../platform/security/system-keys.ts';
import { openPostgresStore } from '../../platform/store/index.ts';
import { blobsMarkerName } from '../../platform/store/postgres/blobs-folder.ts';
import { openStore } from '../../server/compose/open-store.ts';
import { dedupe, message } from '../platform/store/store-fixtures.ts';
import { systemClock } from '../platform/store/system-clock.ts';
import { serverUser } from './postgres-binaries.ts';
import { PostgresServer } from './postgres-server.ts';

const server = await PostgresServer.start();
const base = mkdtempSync(join(tmpdir(), 'bithive-settings-'));
const small = join(base, 'small');
mkdirSync(small);
const canMount =
  server !== null && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', small]).status === 0;
afterAll(async () => {
  await server?.close();
  if (canMount) execFileSync('umount', ['-l', small]);
  rmSync(base, { recursive: true, force: true });
});

const onServer = server ? describe : describe.skip;
const ports = { clock: systemClock, logger: silentLogger };

onServer('PostgreSQL: settings', () => {
  const opened: Store[] = [];
  let url: string;
  beforeEach(async () => {
    url = await server!.createDatabase();
  });
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
  });
  const open = async (data: string, argv: readonly string[] = [], isEngine = true) => {
    const { config } = loadConfig({
      argv: ['--store-kind', 'postgres', '--store-url', 'env:DB', '--data', data, ...argv],
      env: {},
      cwd: base,
    });
    const keys = createSystemKeys({ env: { DB: url }, cwd: base });
    const store = await openStore(config, { ...ports, keys }, { isEngine });
    opened.push(store);
    return store;
  };

  test('sessions are bounded by the settings', async () => {
    const store = await open('a', [
      '--store-postgres-sessions',
      '2',
      '--store-postgres-reader-sessions',
      '1',
    ]);
    const sessions = async () => {
      const [row] = await server!.run(
        url,
        `SELECT count(*)::int AS count FROM pg_stat_activity WHERE application_name LIKE 'bithive%'`,
      );
      return row!.count;
    };
    await Promise.all(
      Array.from({ length: 40 }, () => [
        store.nextMessages('adt', 1),
        store.searchMessages({ limit: 1 }),
        store.depths(0),
      ]).flat() as Promise<unknown>[],
    );
    expect(await sessions()).toBe(2 + 1 + 1);
  });

  test('the first node names its folder of bodies; nodes that share it start, others are refused', async () => {
    const marker = (data: string) => join(base, data, 'blobs', blobsMarkerName);
    await Promise.all([open('shared'), open('shared'), open('shared')]);
    const id = (await readFile(marker('shared'), 'utf8')).trim();
    await open('shared');

    await expect(open('elsewhere')).rejects.toMatchObject({
      code: 'BH_STORE_BLOBS',
      detail: expect.stringContaining(id),
    });
    await writeFile(marker('elsewhere'), 'of another database\n');
    await expect(open('elsewhere')).rejects.toMatchObject({ code: 'BH_STORE_BLOBS' });
    // As the detail says, where somebody moved the bodies without their marker.
    await writeFile(marker('elsewhere'), `${id}\n`);
    await open('elsewhere');
    // A share that is not mounted.
    await rm(marker('shared'));
    await expect(open('shared')).rejects.toMatchObject({ code: 'BH_STORE_BLOBS' });
    // A command that asks the database needs no folder.
    await open('desk', [], false);
  });

  test('of two nodes with folders of their own that start first at once, one is refused', async () => {
    const outcomes = await Promise.allSettled([open('left'), open('right')]);
    expect(outcomes.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    expect(outcomes.find((one) => one.status === 'rejected')).toMatchObject({
      reason: { code: 'BH_STORE_BLOBS' },
    });
  });
});

(canMount ? describe : describe.skip)('PostgreSQL: a disk that really is full (needs mount)', () => {
  test('refuses, loses nothing acknowledged, and goes on when space returns', async () => {
    chmodSync(base, 0o755);
    const space = join(small, 'space');
    mkdirSync(space);
    if (serverUser.uid !== undefined) chownSync(space, serverUser.uid, serverUser.gid ?? 0);
    await server!.run('postgres', `CREATE TABLESPACE small LOCATION '${space}'`);
    await server!.run('postgres', 'CREATE DATABASE small TABLESPACE small');
    let lateMs = 0;
    const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + lateMs };
    const store = await openPostgresStore({ ...ports, clock, url: server!.url('small') });
    try {
      const filler = join(small, 'filler');
      writeFileSync(filler, randomBytes(8 * 1024 * 1024));
      const acknowledged: number[] = [];
      const accept = async (name: number) => {
        const body = { kind: 'inline' as const, bytes: randomBytes(100_000) };
        acknowledged.push((await store.accept(message({ body, ...dedupe(`m${name}`) }))).id);
      };
      const fill = async () => {
        for (let name = 0; name < 1_000; name += 1) await accept(name);
      };
      await expect(fill()).rejects.toMatchObject({ code: 'BH_STORE_FULL' });
      expect(acknowledged.length).toBeGreaterThan(0);
      expect(await store.health()).toMatchObject({
        accepting: false,
        reason: expect.stringContaining('full'),
      });
      rmSync(filler);
      lateMs = 10_000;
      expect(await store.health()).toMatchObject({ accepting: true });
      await accept(1_001);
      const listed = await store.listMessages({ limit: 1_000 });
      expect(listed.map((one) => one.id).toReversed()).toEqual(acknowledged);
    } finally {
      await store.close();
    }
  });
});
