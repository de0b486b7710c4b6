import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { imagingOrder, registration } from '../../../server/demo/his.ts';
import { demoPatients } from '../../../server/demo/patients.ts';
import { until } from '../../until.ts';
import { dicomwebClient, type EhrResource, type Hospital, startHospital } from './hospital.ts';

const root = join(import.meta.dirname, '../../..');
const shared = join(root, '../shared/data/dicom');
const hasShared = existsSync(shared);
const timestamp = '20261122080000+0000';

let hospital: Hospital | undefined;
afterEach(async () => {
  await hospital?.close();
  hospital = undefined;
});

const filesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.dcm'))
    .sort()
    .map((name) => join(folder, name));

const datasets = (files: readonly string[]): ArrayBuffer[] =>
  files.map((file) => Uint8Array.from(readFileSync(file)).buffer);

async function probabilityOf({ search }: Hospital, report: EhrResource): Promise<number | undefined> {
  const [observation] = await search(`Observation?_id=${report.result?.[0]?.reference.split('/')[1]}`);
  return observation?.valueQuantity?.value;
}

describe('from order and image to report', () => {
  test('each demo study is reported against its order, with the expected probability', async () => {
    hospital = await startHospital();
    const running = hospital;
    const his = await running.his();
    const patients = await demoPatients();
    for (const patient of patients) {
      expect(await his.send(registration(patient, timestamp))).toBe('AA');
      expect(await his.send(imagingOrder(patient, timestamp))).toBe('AA');
    }
    his.close();
    await dicomwebClient(running).storeInstances({ datasets: datasets(patients.map(({ file }) => file)) });

    const index = JSON.parse(readFileSync(join(root, 'data/demo/index.json'), 'utf8')) as {
      accession: string;
      expectedProbability: number;
    }[];
    for (const { accession, expectedProbability } of index) {
      const report = await until(async () => {
        const [order] = await running.search(`ServiceRequest?identifier=${accession}`);
        return order && (await running.search(`DiagnosticReport?based-on=ServiceRequest/${order.id}`))[0];
      });
      expect(report.status).toBe('preliminary');
      expect(Math.abs(((await probabilityOf(running, report)) ?? 9) - expectedProbability)).toBeLessThan(
        0.02,
      );
    }
    expect(await running.search('Patient?_count=100')).toHaveLength(8);
    expect(await running.search('DiagnosticReport?_count=100')).toHaveLength(8);
  });

  test('the same again changes nothing at the EHR: no patient, order or report twice', async () => {
    hospital = await startHospital({ quietMs: 100 });
    const running = hospital;
    const [patient] = await demoPatients();
    if (!patient) throw new TypeError('the demo has patients');
    for (let turn = 0; turn < 2; turn += 1) {
      const his = await running.his();
      expect(await his.send(registration(patient, timestamp))).toBe('AA');
      expect(await his.send(imagingOrder(patient, timestamp))).toBe('AA');
      his.close();
      await dicomwebClient(running).storeInstances({ datasets: datasets([patient.file]) });
      await until(async () => (await running.search('DiagnosticReport'))[0]);
    }
    for (const type of [
      'Patient',
      'Encounter',
      'ServiceRequest',
      'ImagingStudy',
      'DiagnosticReport',
      'Observation',
    ]) {
      expect([type, (await running.search(type)).length]).toEqual([type, 1]);
    }
  });

  (hasShared ? test : test.skip)(
    'the 14 real chest X-rays each get a report, at least 12 a probability',
    async () => {
      hospital = await startHospital();
      const running = hospital;
      const files = filesIn(join(shared, 'cxr'));
      await dicomwebClient(running).storeInstances({ datasets: datasets(files) });
      const studies = new Set(
        (await running.engine.store.searchMessages({ kind: 'dicom', limit: 100 })).map(
          ({ facts }) => facts?.studyInstanceUid,
        ),
      );
      const reports = await until(async () => {
        const found = await running.search('DiagnosticReport?_count=100');
        return found.length === studies.size ? found : undefined;
      });
      const answers = await Promise.all(reports.map((report) => probabilityOf(running, report)));
      expect(studies.size).toBe(14);
      expect(answers.filter((answer) => answer !== undefined).length).toBeGreaterThanOrEqual(12);
      for (const report of reports) expect(['preliminary', 'cancelled']).toContain(report.status);
    },
  );

  (hasShared ? test : test.skip)('all 36 transfer-syntax samples are stored through the engine', async () => {
    hospital = await startHospital();
    const running = hospital;
    const files = filesIn(join(shared, 'ts'));
    expect(files).toHaveLength(36);
    await dicomwebClient(running).storeInstances({ datasets: datasets(files) });
    const stored = await running.engine.store.searchMessages({ kind: 'dicom', limit: 100 });
    expect(stored).toHaveLength(36);
    expect(stored.filter(({ status }) => status === 'quarantined')).toEqual([]);
  });
});
