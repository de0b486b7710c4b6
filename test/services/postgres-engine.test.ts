import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { imagingOrder, registration } from '../../server/demo/his.ts';
import { demoPatients } from '../../server/demo/patients.ts';
import { dicomwebClient, startHospital, until } from '../server/engine/hospital.ts';
import { PostgresServer } from './postgres-server.ts';

const server = await PostgresServer.start();
afterAll(() => server?.close());
const timestamp = '20261122080000+0000';

(server ? describe : describe.skip)('PostgreSQL: the whole engine', () => {
  test('an order and an image go in, a report comes out', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bithive-secret-'));
    const secret = join(folder, 'url');
    const url = await server!.createDatabase();
    await writeFile(secret, url, { mode: 0o600 });
    const hospital = await startHospital({
      flags: ['--store-kind', 'postgres', '--store-url', `file:${secret}`],
    });
    try {
      expect(await hospital.engine.store.health()).toMatchObject({ engine: 'PostgreSQL', accepting: true });
      const [patient] = await demoPatients();
      const his = await hospital.his();
      expect(await his.send(registration(patient!, timestamp))).toBe('AA');
      expect(await his.send(imagingOrder(patient!, timestamp))).toBe('AA');
      his.close();
      await dicomwebClient(hospital).storeInstances({
        datasets: [Uint8Array.from(readFileSync(patient!.file)).buffer],
      });
      const report = await until(async () => (await hospital.search('DiagnosticReport'))[0]);
      expect(report.status).toBe('preliminary');
      expect(await hospital.search('ServiceRequest')).toHaveLength(1);
      const open = async () => {
        const { destinations } = await hospital.engine.store.depths(Date.now());
        return destinations.reduce((sum, one) => sum + one.open + one.dead + one.unknown, 0);
      };
      await until(async () => ((await open()) === 0 ? true : undefined));
    } finally {
      await hospital.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
