import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Store, silentLogger } from '../../../core/ports/index.ts';
import { parseMessage } from '../../../formats/hl7v2/index.ts';
import { ownRowFiles } from '../../../mappings/index.ts';
import { systemClock } from '../../../platform/clock.ts';
import { openSqliteStore } from '../../../platform/store/index.ts';
import { diffEdits, diffOutbound } from '../../../server/mapping/diff-hl7.ts';
import { MapDeployment } from '../../../server/mapping/map-deployment.ts';
import { MapFollower } from '../../../server/mapping/map-follower.ts';
import { printRows } from '../../../server/mapping/map-record.ts';
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
    expect((await again.map(6)).hl7ToFhir.site.zone).toBe('UTC');
    expect((await again.map(5)).hl7ToFhir.site.zone).toBe('Europe/Rome');
    expect((await again.map(0)).hl7ToFhir.site).toEqual(site);
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
    const zoneNow = async () => (await maps.map(maps.latest)).hl7ToFhir.site.zone;
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

  const admission = parseMessage(
    Buffer.from(
      'MSH|^~\\&|HIS|HOSP|EHR|HOSP|20261122080000||ADT^A08|C1|P|2.5.1\rPID|1||1^^^HOSP^MR||A^B||1980|F\r',
    ),
  );

  describe('of another release', () => {
    /** The rows of this engine, but for one: the sex is not told. */
    const olderRows = new Map(
      [...ownRowFiles()].map(([path, text]) => [
        path,
        path === 'hl7v2/segments/pid.patient.yaml' ? text.replace(/^- \{ id: PID-8,.*\n/m, '') : text,
      ]),
    );
    const genderBy = async (maps: MapStore, version: number) => {
      const { hl7ToFhir } = await maps.map(version);
      const { bundle } = hl7ToFhir.convert(admission, { receivedAtMs: 0 });
      return bundle.entry.find(({ resource }) => resource.resourceType === 'Patient')?.resource.gender;
    };
    const start = async () => {
      const maps = await open();
      await new MapDeployment(maps).deployAtStart(undefined, new Map(), by);
      return maps;
    };

    test('convert what they accepted by the rows of then; an upgrade is a version, once, and can be taken back', async () => {
      await store.deployChannel('map/rows', printRows('older', olderRows), 0);
      const maps = await start();
      expect(maps.latest).toBe(1);
      expect([await genderBy(maps, 0), await genderBy(maps, 1)]).toEqual([undefined, 'female']);
      expect((await maps.record(1)).from).toBe('release');
      expect((await start()).latest).toBe(1);
      await new MapDeployment(maps).rollback(by);
      expect(await genderBy(maps, 2)).toBeUndefined();
      expect((await start()).latest).toBe(2);
      expect(await new MapDeployment(maps).deploy({ files: {}, by })).toMatchObject({ version: 3 });
      expect(await genderBy(maps, 3)).toBe('female');
    });

    test('the first is not a version of its own', async () => {
      expect((await start()).latest).toBe(0);
      expect((await start()).latest).toBe(0);
    });
  });

  describe('from HL7 v2 to HL7 v2 and out of FHIR', () => {
    const rows = (facility: string) => `map: out\nrows:\n- { id: MSH-6, set: ${facility} }\n`;
    const facilityBy = async (maps: MapStore, version: number) => {
      const map = (await maps.map(version)).edit('out.yaml');
      return map && parseMessage(map.edit(admission).bytes).first('MSH')?.get(6);
    };

    test('files beside the channels are kept with the version; an overlay stands above them', async () => {
      const maps = await open();
      const deployment = new MapDeployment(maps);
      const start = (facility: string) =>
        deployment.deployAtStart(undefined, new Map([['out.yaml', rows(facility)]]), by);
      await start('ONE');
      await start('ONE');
      expect(maps.latest).toBe(1);
      await start('TWO');
      await deployment.deploy({ files: { 'hl7v2-to-hl7v2/out.yaml': rows('THREE') }, by });
      expect(await Promise.all([1, 2, 3].map((version) => facilityBy(maps, version)))).toEqual([
        'ONE',
        'TWO',
        'THREE',
      ]);
      await deployment.rollback(by);
      expect(await facilityBy(maps, 4)).toBe('TWO');
      await start('TWO');
      expect(maps.latest).toBe(4);
      expect(await facilityBy(await open(), 3)).toBe('THREE');
    });

    test('a comparison tells the fields that a receiver would get otherwise', async () => {
      const maps = await open();
      const deployment = new MapDeployment(maps);
      await deployment.deploy({ files: { 'hl7v2-to-hl7v2/out.yaml': rows('ONE') }, by });
      await deployment.deploy({ files: { 'hl7v2-to-hl7v2/out.yaml': rows('TWO') }, by });
      const both = { before: await maps.map(1), after: await maps.map(2) };
      const channel = 'name: out\nsteps:\n- hl7v2: out.yaml\n';
      expect(diffEdits(admission, channel, both)).toEqual([
        expect.objectContaining({ kind: 'changed', resource: 'MSH', path: '6', before: 'ONE', after: 'TWO' }),
      ]);
      expect(diffEdits(admission, 'name: out\nsteps:\n- map: hl7v2-to-fhir\n', both)).toEqual([]);
    });

    test('outbound rows are replaced by file, and compared', async () => {
      const maps = await open();
      const ours = ownRowFiles().get('fhir-to-hl7v2/segments/pid.patient.yaml') ?? '';
      const files = { 'fhir-to-hl7v2/segments/pid.patient.yaml': ours.replace(/^- \{ id: PID-8.*\n/m, '') };
      await new MapDeployment(maps).deploy({ files, by });
      const both = { before: await maps.map(0), after: await maps.map(1) };
      const identifier = [{ system: 'https://hosp.example/mrn', value: '1' }];
      const body = {
        resourceType: 'Patient',
        id: '7',
        identifier,
        gender: 'female',
        meta: { versionId: '2' },
      };
      const context = { receivedAtMs: 0, controlId: '1' };
      expect(diffOutbound(JSON.stringify(body), context, both)).toEqual([
        expect.objectContaining({ kind: 'removed', resource: 'PID', path: '8', before: 'F' }),
      ]);
      const broken = { 'fhir-to-hl7v2/segments/pid.patient.yaml': 'segment: PID\nrows: 7\n' };
      await expect(new MapDeployment(maps).deploy({ files: broken, by })).rejects.toMatchObject({
        code: 'BH_MAP_DEFINITION',
        detail: expect.stringContaining('overlay/fhir-to-hl7v2/segments/pid.patient.yaml:'),
      });
    });
  });
});
