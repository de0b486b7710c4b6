import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../config/index.ts';
import { type Engine, startEngine } from '../../server/compose.ts';
import { DemoHis, imagingOrder, registration } from '../../server/demo/his.ts';
import { type DemoPatient, demoPatients } from '../../server/demo/patients.ts';
import { dicomwebClient, type Hospital, startHospital } from '../server/engine/hospital.ts';
import { until } from '../until.ts';
import { PostgresServer } from './postgres-server.ts';

const server = await PostgresServer.start();
afterAll(() => server?.close());
const timestamp = '20261122080000+0000';

(server ? describe : describe.skip)('PostgreSQL: the whole engine', () => {
  let folder: string;
  let flags: string[];
  let hospital: Hospital;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bithive-secret-'));
    const secret = join(folder, 'url');
    await writeFile(secret, await server!.createDatabase(), { mode: 0o600 });
    flags = ['--store-kind', 'postgres', '--store-url', `file:${secret}`];
    hospital = await startHospital({ flags });
  });
  afterEach(async () => {
    await hospital.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function order(his: DemoHis, patient: DemoPatient): Promise<void> {
    expect(await his.send(registration(patient, timestamp))).toBe('AA');
    expect(await his.send(imagingOrder(patient, timestamp))).toBe('AA');
    his.close();
  }
  const image = async (at: Hospital, { file }: DemoPatient) =>
    dicomwebClient(at).storeInstances({ datasets: [Uint8Array.from(readFileSync(file)).buffer] });
  const reported = (count: number) =>
    until(async () => {
      const found = await hospital.search('DiagnosticReport?_count=100');
      return found.length >= count ? found : undefined;
    });
  const ended = () =>
    until(async () => {
      const { channels, destinations } = await hospital.engine.store.depths(Date.now());
      const open = destinations.reduce((sum, one) => sum + one.open, 0);
      return channels.length + open === 0 ? destinations : undefined;
    });

  test('an order and an image go in, a report comes out', async () => {
    expect(await hospital.engine.store.health()).toMatchObject({ engine: 'PostgreSQL', accepting: true });
    const [patient] = await demoPatients();
    await order(await hospital.his(), patient!);
    await image(hospital, patient!);
    expect((await reported(1))[0]?.status).toBe('preliminary');
    expect(await hospital.search('ServiceRequest')).toHaveLength(1);
    expect(await ended()).toEqual([]);
  });

  test('orders at one node and images at the other give each report once; one node stops, the other goes on', async () => {
    const { config } = loadConfig({
      argv: [
        '--data',
        join(hospital.folder, 'data'),
        '--http-port',
        '0',
        '--hl7v2-port',
        '0',
        '--dimse-port',
        '0',
      ]
        .concat(['--ehr-fhir-url', hospital.ehr.url, '--log-level', 'error', '--disk-free-bytes-min', '0'])
        .concat(flags),
      env: {},
      cwd: folder,
    });
    const second = await startEngine({
      config,
      environment: { STUDY_QUIET_MS: '300' },
    });
    const beside: Hospital = { ...hospital, engine: second, dicomweb: dicomwebOf(second) };
    try {
      const [a, b, c, d] = await demoPatients();
      for (const patient of [a!, b!, c!]) {
        await order(await hospital.his(), patient);
        await image(beside, patient);
      }
      await reported(3);
      await ended();
      await hospital.engine.stop();
      await order(await DemoHis.connect('127.0.0.1', portOf(second, 'mllp')), d!);
      await image(beside, d!);
      const reports = await reported(4);
      expect(reports.map((report) => report.status)).toEqual(Array(4).fill('preliminary'));
      expect(await hospital.search('Patient?_count=100')).toHaveLength(4);
      expect(await hospital.search('ServiceRequest?_count=100')).toHaveLength(4);
    } finally {
      await second.stop();
    }
  });

  test('a node with a folder of bodies of its own does not start', async () => {
    const { config } = loadConfig({
      argv: [
        '--data',
        join(folder, 'elsewhere'),
        '--http-port',
        '0',
        '--hl7v2-port',
        '0',
        '--dimse-port',
        '0',
      ]
        .concat(['--ehr-fhir-url', hospital.ehr.url, '--log-level', 'error'])
        .concat(flags),
      env: {},
      cwd: folder,
    });
    await expect(startEngine({ config, environment: {} })).rejects.toMatchObject({ code: 'BH_STORE_BLOBS' });
  });
});

const portOf = (engine: Engine, protocol: string): number =>
  engine.listening.find((one) => one.protocol === protocol)?.port ?? 0;
const dicomwebOf = (engine: Engine): string => `http://127.0.0.1:${portOf(engine, 'http')}/dicomweb`;
