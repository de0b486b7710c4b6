import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Store, silentLogger } from '../../../core/ports/index.ts';
import { systemClock } from '../../../platform/clock.ts';
import { openSqliteStore } from '../../../platform/store/index.ts';
import { MapDeployment } from '../../../server/mapping/map-deployment.ts';
import { MapFollower } from '../../../server/mapping/map-follower.ts';
import { MapStore } from '../../../server/mapping/map-store.ts';
import { site } from '../../mappings/site.ts';

const by = 'tester';
const zone = (name: string) => ({ files: { 'site.yaml': `zone: ${name}\n` }, by });

describe('versions of the map', () => {
  let folder: string;
  let store: Store;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bithive-maps-'));
    const ports = { clock: systemClock, logger: silentLogger };
    store = await openSqliteStore({ folder, ...ports, writer: 'inline', diskFreeBytesMin: 0 });
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const open = () => MapStore.open({ store, clock: systemClock, site });

  test('are numbered, kept whole, and found again by another process', async () => {
    const maps = await open();
    const deployment = new MapDeployment(maps);
    for (let minute = 0; minute < 6; minute++)
      await deployment.deploy(zone(minute % 2 ? 'UTC' : 'Europe/Rome'));
    const again = await open();
    expect(again.latest).toBe(6);
    expect((await again.map(6)).site.zone).toBe('UTC');
    expect((await again.map(5)).site.zone).toBe('Europe/Rome');
    expect((await again.map(0)).site).toEqual(site);
    await expect(again.map(7)).rejects.toMatchObject({ code: 'BH_STORE_NOT_FOUND' });
  });

  test('the same overlay again is no new version, whatever the order of its files', async () => {
    const deployment = new MapDeployment(await open());
    const one = { 'site.yaml': 'zone: UTC\n', 'segments/pid.patient.yaml': 'drop: [PID-8]\n' };
    const other = Object.fromEntries(Object.entries(one).reverse());
    expect(await deployment.deploy({ files: one, by })).toMatchObject({ version: 1, changed: true });
    expect(await deployment.deploy({ files: other, by })).toMatchObject({ version: 1, changed: false });
    expect(await deployment.deploy({ files: {}, by })).toMatchObject({ version: 2, overlay: 'none' });
  });

  test('rollbacks go back step by step, or to the version that is named', async () => {
    const maps = await open();
    const deployment = new MapDeployment(maps);
    for (const name of ['Europe/Rome', 'Europe/Oslo', 'Europe/Bern'.replace('Bern', 'Zurich')])
      await deployment.deploy(zone(name));
    const zoneNow = async () => (await maps.map(maps.latest)).site.zone;
    await deployment.rollback(by);
    expect(await zoneNow()).toBe('Europe/Oslo');
    await deployment.rollback(by);
    expect(await zoneNow()).toBe('Europe/Rome');
    await deployment.rollback(by);
    expect(await zoneNow()).toBe(site.zone);
    await expect(deployment.rollback(by)).rejects.toMatchObject({ code: 'BH_HTTP_CONFLICT' });
    await deployment.rollback(by, 3);
    expect(await zoneNow()).toBe('Europe/Zurich');
    await expect(deployment.rollback(by, 99)).rejects.toMatchObject({ code: 'BH_STORE_NOT_FOUND' });
    expect(maps.latest).toBe(7);
  });

  test('one that does not compile is not kept, and does not stop the next', async () => {
    const maps = await open();
    const switched: number[] = [];
    const deployment = new MapDeployment(maps, async (version) => {
      switched.push(version);
      return [];
    });
    const [bad, good] = await Promise.allSettled([
      deployment.deploy(zone('Mars')),
      deployment.deploy(zone('UTC')),
    ]);
    expect(bad).toMatchObject({
      status: 'rejected',
      reason: { code: 'BH_MAP_DEFINITION', detail: expect.stringContaining('overlay/site.yaml:1') },
    });
    expect(good).toMatchObject({ status: 'fulfilled', value: { version: 1 } });
    expect(switched).toEqual([1]);
  });

  test('what another node deployed is followed', async () => {
    const [here, there] = [await open(), await open()];
    const switched: number[] = [];
    const switchTo = async (version: number) => switched.push(version);
    const follower = new MapFollower({
      maps: here,
      switchTo,
      clock: systemClock,
      logger: silentLogger,
      everyMs: 60_000,
    });
    await follower.look();
    await new MapDeployment(there).deploy(zone('UTC'));
    await new MapDeployment(there).deploy(zone('Europe/Rome'));
    await follower.look();
    await follower.look();
    expect(switched).toEqual([2]);
  });
});
