import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEhrProcess } from '../../server/demo/ehr-process.ts';
import { numberArgument, seededRandom } from './arguments.ts';
import { drained } from './drained.ts';
import { checkEhr } from './ehr-checks.ts';
import { EngineApi } from './engine-api.ts';
import { end, type ReadyEngine, startEngine } from './engine-child.ts';
import { type Hl7Ledger, newHl7Ledger, sendHl7 } from './hl7-senders.ts';
import { dataSetHash, storeInstances } from './store-senders.ts';
import { newStowLedger, type StowLedger, sendInstances } from './stow-senders.ts';

/**
 * `npm run test:crash -- [--rounds 50] [--seed N]`: the engine is killed with SIGKILL at random moments under load: HL7 v2, STOW-RS and
 * C-STORE at once. Afterwards every message answered AA, every instance of a 200 answer and every instance with status 0000H must be
 * there, bit for bit, and the EHR must hold each effect once and in order.
 */
const rounds = numberArgument('rounds', 50);
const seed = numberArgument('seed', 20_261_122);
const hl7Lanes = 4;
const stowLanes = 2;
const storeLanes = 2;
const killAfterMs = { min: 150, max: 1_500 };

/** A slow machine may need longer for its first answer than until the kill: most rounds wait for one at each door. */
const earlyEvery = 4;
const firstAnswersMs = 20_000;

const random = seededRandom(seed);
const folder = mkdtempSync(join(tmpdir(), 'bithive-crash-'));
const hl7 = newHl7Ledger();
const stow = newStowLedger();
const dimse = newStowLedger();
const ehr = await startEhrProcess();
let code = 1;
try {
  for (let round = 1; round <= rounds; round += 1) await killRound(round);
  code = await verdict();
} finally {
  await ehr.stop();
  if (code === 0) rmSync(folder, { recursive: true, force: true });
  else process.stdout.write(`the data folder is kept: ${folder}\n`);
}
process.exit(code);

function start(): Promise<ReadyEngine> {
  const args = [
    '--data',
    join(folder, 'data'),
    '--http-port',
    '0',
    '--hl7v2-port',
    '0',
    '--dimse-port',
    '0',
    '--ehr-fhir-url',
    ehr.url,
  ];
  const environment = { PATH: process.env.PATH, STUDY_QUIET_MS: '300' };
  return startEngine([...args, '--log-level', 'error', '--disk-free-bytes-min', '0'], environment);
}

function tokenOf(engine: ReadyEngine): string {
  return readFileSync(engine.tokenFile, 'utf8').trim();
}

async function killRound(round: number): Promise<void> {
  const engine = await start();
  let isOver = false;
  const load: Promise<void>[] = [sendHl7(engine.mllpPort, hl7Lanes, hl7)];
  for (let lane = 0; lane < stowLanes; lane += 1) {
    load.push(sendInstances(engine.httpUrl, tokenOf(engine), stow, () => isOver));
  }
  for (let lane = 0; lane < storeLanes; lane += 1) {
    load.push(storeInstances(engine.dimsePort, dimse, () => isOver));
  }
  // Some rounds kill an engine that has just begun; the others one that is in the middle of all three.
  if (round % earlyEvery !== 0) await everyDoorAnswers();
  const afterMs = killAfterMs.min + random() * (killAfterMs.max - killAfterMs.min);
  await new Promise((next) => setTimeout(next, afterMs));
  await end(engine.process, 'SIGKILL');
  isOver = true;
  await Promise.all(load);
  process.stdout.write(
    `round ${round}: killed after ${Math.round(afterMs)} ms; acknowledged so far: ${hl7.acknowledged.size} messages, ${stow.acknowledged.size} instances by STOW-RS, ${dimse.acknowledged.size} by C-STORE\n`,
  );
}

async function everyDoorAnswers(): Promise<void> {
  const ledgers = [hl7, stow, dimse];
  const before = ledgers.map(({ acknowledged }) => acknowledged.size);
  const untilMs = performance.now() + firstAnswersMs;
  while (ledgers.some(({ acknowledged }, at) => acknowledged.size === before[at])) {
    if (performance.now() > untilMs) throw new TypeError(`a door gave no answer within ${firstAnswersMs} ms`);
    await new Promise((next) => setTimeout(next, 10));
  }
}

async function verdict(): Promise<number> {
  const engine = await start();
  const api = new EngineApi(engine.httpUrl, tokenOf(engine));
  await drained(api);
  const lost = [
    ...(await lostMessages(api, hl7)),
    ...(await lostInstances(api, stow, fileHash)),
    ...(await lostInstances(api, dimse, dataSetHash)),
  ];
  const found = await checkEhr(ehr.url, hl7, [stow, dimse]);
  const dead = await api.deliveriesIn('dead');
  await end(engine.process, 'SIGTERM');
  const report: readonly (readonly [string, number])[] = [
    ['kills', rounds],
    ['messages sent', hl7.attempted.size],
    ['messages acknowledged', hl7.acknowledged.size],
    ['instances sent by STOW-RS', stow.attempted.size],
    ['answered 200', stow.acknowledged.size],
    ['instances sent by C-STORE', dimse.attempted.size],
    ['answered 0000H', dimse.acknowledged.size],
    ['acknowledged and lost', lost.length],
    ['patients at the EHR', found.patients],
    ['reports at the EHR', found.reports],
    ['effects missing at the EHR', found.missing.length],
    ['effects doubled at the EHR', found.doubled.length],
    ['patients out of order', found.outOfOrder.length],
    ['dead deliveries', dead],
  ];
  for (const [name, count] of report) process.stdout.write(`${name.padEnd(28)} ${count}\n`);
  const faults = [...lost, ...found.missing, ...found.doubled, ...found.outOfOrder];
  for (const fault of faults.slice(0, 20)) process.stdout.write(`  ${fault}\n`);
  const passed = faults.length === 0 && dead === 0;
  process.stdout.write(`${passed ? rounds : 0} passed, ${passed ? 0 : rounds} failed\n`);
  return passed ? 0 : 1;
}

async function lostMessages(api: EngineApi, { acknowledged }: Hl7Ledger): Promise<readonly string[]> {
  const lost: string[] = [];
  for (const controlId of acknowledged.keys()) {
    const found = await api.messages('control-id', controlId);
    if (found.filter(({ status }) => status === 'processed').length !== 1) {
      lost.push(`message ${controlId}: ${JSON.stringify(found)}`);
    }
  }
  return lost;
}

function fileHash(file: Buffer): string {
  return createHash('sha256').update(file).digest('hex');
}

/** Acknowledged instances that are not there, or not bit for bit. */
async function lostInstances(
  api: EngineApi,
  { acknowledged }: StowLedger,
  hashOf: (file: Buffer) => string,
): Promise<readonly string[]> {
  const lost: string[] = [];
  for (const { sopInstanceUid, sha256 } of acknowledged.values()) {
    const found = await api.messages('sop-uid', sopInstanceUid);
    const instance = found.find(({ status }) => status === 'processed');
    if (!instance || hashOf(await api.body(instance.id)) !== sha256) lost.push(`instance ${sopInstanceUid}`);
  }
  return lost;
}
