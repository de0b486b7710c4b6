import { readFile, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { loadConfig } from '../../config/index.ts';
import { instanceOfBytes, storeInstances } from '../../connectors/dicomweb/client/index.ts';
import { openHttpClient } from '../../connectors/http/http-client.ts';
import { BitHiveError } from '../../core/errors.ts';
import type { Listening } from '../../core/ports/index.ts';
import { formatTimestamp } from '../../formats/hl7v2/index.ts';
import { systemClock } from '../../platform/clock.ts';
import { systemRandom } from '../../platform/random.ts';
import { type Engine, startEngine } from '../compose.ts';
import { startEhrProcess } from './ehr-process.ts';
import { EhrReader, type ReadReport } from './ehr-reader.ts';
import { DemoHis, imagingOrder, registration } from './his.ts';
import { type DemoPatient, demoPatients } from './patients.ts';
import { Screen } from './screen.ts';

export interface DemoOptions {
  /** Where the engine of the demo keeps its data; emptied first, kept afterwards. */
  readonly folder: string;
  readonly environment: { readonly [name: string]: string | undefined };
  readonly write: (text: string) => void;
}

/** When each step of one patient's morning was done, in milliseconds since the start. */
interface Morning {
  readonly patient: DemoPatient;
  registeredMs: number;
  orderedMs: number;
  imagedMs: number;
  reportedMs: number;
  read?: ReadReport;
}

const reportsWithinMs = 120_000;
const lookEveryMs = 50;
/** The demo's PACS is quick: silence of one second completes a study. */
const quietMs = '1000';

/**
 * A small hospital's morning, over real sockets: a HIS admits and orders, a PACS sends images, the engine maps, assembles, infers and
 * reports, and the reports are read back from the EHR.
 *
 * @throws BH_DELIVERY_EXPIRED when a report does not arrive
 */
export async function runDemo(options: DemoOptions): Promise<void> {
  const screen = new Screen(options.write);
  const folder = resolve(options.folder);
  await rm(folder, { recursive: true, force: true });
  const ehr = await startEhrProcess();
  try {
    const engine = await startEngine(engineOptions(folder, ehr.url, options.environment));
    try {
      await play(screen, engine, ehr.url);
    } finally {
      await engine.stop();
    }
  } finally {
    await ehr.stop();
  }
  screen.line(`\nThe engine's data is in ${folder}. Ask it what happened, for example:`);
  screen.line(`  npx bithive message search --data ${folder} --accession DEMO-A001`);
}

function engineOptions(folder: string, ehrUrl: string, environment: DemoOptions['environment']) {
  const argv = [
    '--data',
    folder,
    '--http-port',
    '0',
    '--hl7v2-port',
    '0',
    '--dimse-port',
    '0',
    '--ehr-fhir-url',
    ehrUrl,
    '--log-level',
    'warn',
  ];
  const { config } = loadConfig({ argv, env: {}, cwd: process.cwd() });
  return { config, environment: { ...environment, STUDY_QUIET_MS: quietMs } };
}

async function play(screen: Screen, engine: Engine, ehrUrl: string): Promise<void> {
  const mllp = door(engine, 'mllp');
  const http = door(engine, 'http');
  const dicomweb = `http://${http.host}:${http.port}/dicomweb`;
  screen.title("BitHive: a small hospital's morning");
  screen.line(`engine  MLLP ${mllp.host}:${mllp.port}, DICOMweb ${dicomweb}`);
  screen.line(`EHR     ${ehrUrl} (a sandbox, in a process of its own)\n`);

  const mornings = (await demoPatients()).map(
    (patient): Morning => ({ patient, registeredMs: 0, orderedMs: 0, imagedMs: 0, reportedMs: 0 }),
  );
  await admitAndOrder(screen, mllp, mornings);
  await sendImages(screen, dicomweb, engine.token, mornings);
  await awaitReports(screen, new EhrReader(ehrUrl), mornings);
  summary(screen, mornings);
}

async function admitAndOrder(screen: Screen, mllp: Listening, mornings: readonly Morning[]): Promise<void> {
  const his = await DemoHis.connect(mllp.host, mllp.port);
  try {
    for (const morning of mornings) {
      const { patient } = morning;
      const timestamp = formatTimestamp(Date.now());
      await tell(screen, his, 'ADT^A04', registration(patient, timestamp), `${patient.id} is registered`);
      morning.registeredMs = screen.elapsedMs;
      const urgency = patient.urgency === 'S' ? ', STAT' : '';
      await tell(
        screen,
        his,
        'ORM^O01',
        imagingOrder(patient, timestamp),
        `chest X-ray ${patient.accession} is ordered${urgency}`,
      );
      morning.orderedMs = screen.elapsedMs;
    }
  } finally {
    his.close();
  }
}

async function tell(
  screen: Screen,
  his: DemoHis,
  type: string,
  message: string,
  what: string,
): Promise<void> {
  const code = await his.send(message);
  if (code !== 'AA') throw new BitHiveError('BH_DELIVERY_REFUSED', `the engine answered ${code} to ${type}`);
  screen.step('HIS', `${type} ${what}: ${code}`);
}

async function sendImages(
  screen: Screen,
  url: string,
  token: string,
  mornings: readonly Morning[],
): Promise<void> {
  const keys = { secret: async () => token };
  const client = await openHttpClient({
    url,
    connections: 1,
    auth: { kind: 'bearer', token: 'the token of the demo' },
    ports: { clock: systemClock, random: systemRandom, keys },
  });
  const signal = AbortSignal.timeout(reportsWithinMs);
  for (const morning of mornings) {
    const { patient } = morning;
    const image = instanceOfBytes(await readFile(patient.file));
    const { stored } = await storeInstances(client, [image], { random: systemRandom, signal });
    if (stored.length !== 1)
      throw new BitHiveError('BH_DELIVERY_REFUSED', `${patient.accession} was not stored`);
    morning.imagedMs = screen.elapsedMs;
    screen.step('PACS', `image of ${patient.accession} is stored`);
  }
  await client.close();
}

async function awaitReports(screen: Screen, ehr: EhrReader, mornings: readonly Morning[]): Promise<void> {
  const missing = new Set(mornings);
  const until = performance.now() + reportsWithinMs;
  while (missing.size > 0) {
    for (const morning of missing) {
      const read = await ehr.reportOf(morning.patient.accession);
      if (!read) continue;
      morning.read = read;
      morning.reportedMs = screen.elapsedMs;
      missing.delete(morning);
      screen.step('EHR', `report of ${morning.patient.accession} is there: ${read.finding} ${percent(read)}`);
    }
    if (performance.now() > until) {
      throw new BitHiveError('BH_DELIVERY_EXPIRED', `${missing.size} reports did not arrive`);
    }
    await new Promise((next) => setTimeout(next, lookEveryMs));
  }
}

function summary(screen: Screen, mornings: readonly Morning[]): void {
  const seconds = (ms: number) => (ms / 1000).toFixed(2);
  screen.title('Per study, as read back from the EHR (seconds since the start):');
  screen.table(
    [
      'accession',
      'finding',
      'probability',
      'status',
      'registered',
      'ordered',
      'imaged',
      'reported',
      'DiagnosticReport',
    ],
    mornings.map(({ patient, registeredMs, orderedMs, imagedMs, reportedMs, read }) => [
      patient.accession,
      read?.finding ?? '',
      read ? percent(read) : '',
      read?.report.status ?? '',
      ...[registeredMs, orderedMs, imagedMs, reportedMs].map(seconds),
      read?.report.id ?? '',
    ]),
  );
  screen.line(
    '\nThe findings are preliminary output of a demonstration model on synthetic images; it is not a medical device.',
  );
}

const percent = ({ probability }: ReadReport): string =>
  probability === undefined ? '' : probability.toFixed(4);

function door(engine: Engine, protocol: string): Listening {
  const found = engine.listening.find((one) => one.protocol === protocol);
  if (found) return found;
  throw new BitHiveError('BH_INTERNAL', `the engine has no ${protocol} door`);
}
