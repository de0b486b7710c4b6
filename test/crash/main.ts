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
import { newStowLedger, type StowLedger, sendInstances } from './stow-senders.ts';

/**
 * `npm run test:crash -- [--rounds 50] [--seed N]`: the engine is killed with SIGKILL at random moments under load. Afterwards every
 * acknowledged message and instance must be there, bit for bit, and the EHR must hold each effect once and in order.
 */
const rounds = numberArgument('rounds', 50);
const seed = numberArgument('seed', 20_261_122);
const hl7Lanes = 4;
const stowLanes = 2;
const killAfterMs = { min: 150, max: 1_500 };

const random = seededRandom(seed);
const folder = mkdtempSync(join(tmpdir(), 'bithive-crash-'));
const hl7 = newHl7Ledger();
const stow = newStowLedger();
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
  const afterMs = killAfterMs.min + random() * (killAfterMs.max - killAfterMs.min);
  await new Promise((next) => setTimeout(next, afterMs));
  await end(engine.process, 'SIGKILL');
  isOver = true;
  await Promise.all(load);
  process.stdout.write(
    `round ${round}: killed after ${Math.round(afterMs)} ms; acknowledged so far: ${hl7.acknowledged.size} messages, ${stow.acknowledged.size} instances\n`,
  );
}

async function verdict(): Promise<number> {
  const engine = await start();
  const api = new EngineApi(engine.httpUrl, tokenOf(engine));
  await drained(api);
  const lost = [...(await lostMessages(api, hl7)), ...(await lostInstances(api, stow))];
  const found = await checkEhr(ehr.url, hl7, stow);
  const dead = await api.deliveriesIn('dead');
  await end(engine.process, 'SIGTERM');
  const report: readonly (readonly [string, number])[] = [
    ['kills', rounds],
    ['messages sent', hl7.attempted.size],
    ['messages acknowledged', hl7.acknowledged.size],
    ['instances sent', stow.attempted.size],
    ['instances acknowledged', stow.acknowledged.size],
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

async function lostInstances(api: EngineApi, { acknowledged }: StowLedger): Promise<readonly string[]> {
  const lost: string[] = [];
  for (const { sopInstanceUid, sha256 } of acknowledged.values()) {
    const found = await api.messages('sop-uid', sopInstanceUid);
    const instance = found.find(({ status }) => status === 'processed');
    if (!instance || (await api.bodySha256(instance.id)) !== sha256) lost.push(`instance ${sopInstanceUid}`);
  }
  return lost;
}
