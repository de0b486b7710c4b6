import { fileURLToPath } from 'node:url';
import { imagingOrder, registration } from '../../server/demo/his.ts';
import { type DemoPatient, demoPatients } from '../../server/demo/patients.ts';
import { Screen } from '../../server/demo/screen.ts';
import { isAlone, runAlone } from './alone.ts';
import { type Delivery, deliveries } from './deliveries.ts';
import { type ImagingHospital, startImagingHospital } from './imaging-hospital.ts';
import { prepare } from './prepare.ts';
import { awaitResults, errorsOf, objectKinds, objectsOf, type Results, resultKinds } from './results.ts';

/**
 * `npm run demo:imaging [-- --install]`: studies reach the engine by each way that a PACS has, and what comes of each is read back from
 * the EHR, the RIS and the PACS, with times. Everything runs in a network namespace of its own.
 */
const why = prepare();
if (why !== null) {
  process.stdout.write(`the demonstration needs Orthanc and dcmtk: ${why}\n`);
  process.exit(1);
}
if (!isAlone()) process.exit(runAlone([process.execPath, fileURLToPath(import.meta.url)]));

interface Row {
  readonly delivery: Delivery;
  readonly accession: string;
  readonly sentMs: number;
  readonly results: Results;
  /** What dciodvfy finds wrong with the objects in the PACS. */
  readonly errors: readonly string[];
}

const screen = new Screen((text) => process.stdout.write(text));
screen.title('BitHive: studies that come by themselves, and what the hospital gets back');
let code = 1;
const hospital = await startImagingHospital();
try {
  introduce(hospital);
  const rows = await play(hospital);
  summary(rows);
  code = rows.every(({ errors }) => errors.length === 0) ? 0 : 1;
} finally {
  await hospital.close();
}
process.exit(code);

function introduce({ engine, node, pacs, ehr, ris }: ImagingHospital): void {
  screen.line(`engine  ${node.aet} 127.0.0.1:${node.port}, DICOMweb ${engine.httpUrl}/dicomweb`);
  screen.line(`PACS    Orthanc, ${pacs.aet} 127.0.0.1:${pacs.port}, DICOMweb ${pacs.dicomWeb}`);
  screen.line(`EHR     ${ehr.url} (a sandbox)`);
  screen.line(`RIS     MLLP 127.0.0.1:${ris.port} (a listener that answers AA)\n`);
}

async function play(hospital: ImagingHospital): Promise<readonly Row[]> {
  const patients = (await demoPatients()).slice(0, deliveries.length);
  const his = await hospital.his();
  for (const patient of patients) {
    await his.send(registration(patient, '20261129080000+0000'));
    await his.send(imagingOrder(patient, '20261129080000+0000'));
    screen.step('HIS', `${patient.id} is registered, ${patient.accession} is ordered`);
  }
  his.close();
  const rows: Row[] = [];
  for (const [at, delivery] of deliveries.entries()) {
    const patient = patients[at]!;
    const { accession } = patient;
    screen.step('PACS', `${accession} leaves: ${delivery.name}`);
    const sinceMs = performance.now();
    await delivery.send(hospital, patient);
    const sentMs = performance.now() - sinceMs;
    const results = await awaitResults(hospital, patient, sinceMs);
    screen.step('all', `of ${accession} is there: ${results.report.finding}`);
    rows.push({ delivery, accession, sentMs, results, errors: await objectErrors(hospital, patient) });
  }
  return rows;
}

async function objectErrors(hospital: ImagingHospital, patient: DemoPatient): Promise<readonly string[]> {
  const errors: string[] = [];
  for (const kind of objectKinds) {
    for (const object of await objectsOf(hospital, patient, kind)) {
      errors.push(...(await errorsOf(hospital.pacs, object)));
    }
  }
  return errors;
}

function summary(rows: readonly Row[]): void {
  const seconds = (ms: number | undefined) => (ms === undefined ? '-' : (ms / 1000).toFixed(2));
  screen.title('Seconds from the first byte of the study until it was found:');
  screen.table(
    ['way', 'accession', 'sent', ...resultKinds, 'dciodvfy errors', 'finding'],
    rows.map(({ delivery, accession, sentMs, results, errors }) => [
      delivery.name,
      accession,
      seconds(sentMs),
      ...resultKinds.map((kind) => seconds(results.foundMs.get(kind))),
      String(errors.length),
      results.report.finding,
    ]),
  );
}
