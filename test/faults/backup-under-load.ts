import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { numberArgument } from '../crash/arguments.ts';
import { drained } from '../crash/drained.ts';
import { lostOf } from './audit.ts';
import { startTested, stopTested } from './engine-under-test.ts';
import { eventually } from './eventually.ts';
import { Hl7Ledger, sendHl7Load } from './hl7-load.ts';
import { printCounts } from './say.ts';
import { StowLedger, sendStowLoad } from './stow-load.ts';

/**
 * `bithive backup` while both doors are under load, `bithive restore` into a new folder, an engine on it: all that was acknowledged
 * before the command was given must be there, bit for bit, and worked off.
 */
const rounds = numberArgument('rounds', 3);
const main = fileURLToPath(new URL('../../server/cli/main.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'bithive-backup-'));
const [hl7, stow] = [new Hl7Ledger(), new StowLedger()];
const engine = await startTested({ folder, settings: ['--disk-free-bytes-min', '0'] });
const { mllpPort: port, httpUrl: url, token } = engine;
let faults = 0;
try {
  for (let round = 1; round <= rounds; round += 1) faults += await backUp(round);
} finally {
  await stopTested(engine);
  rmSync(folder, { recursive: true, force: true });
}
process.exit(faults === 0 ? 0 : 1);

function startLoad(isOver: () => boolean): Promise<unknown> {
  return Promise.all([
    sendHl7Load({ port, connections: 8, prefix: 'KEEP' }, hl7, isOver),
    sendStowLoad({ url, token, senders: 2 }, stow, isOver),
  ]);
}

async function backUp(round: number): Promise<number> {
  let isOver = false;
  const load = startLoad(() => isOver);
  const wanted = { hl7: hl7.acknowledged.size + 300, stow: stow.acknowledged.size + 20 };
  await eventually('more messages', () => hl7.acknowledged.size >= wanted.hl7);
  await eventually('more instances', () => stow.acknowledged.size >= wanted.stow);
  const before = { hl7: new Map(hl7.acknowledged), instances: new Map(stow.acknowledged) };
  const [backup, restored] = [join(folder, `backup-${round}`), join(folder, `restored-${round}`)];
  const mark = await bithive('backup', backup, '--data', join(folder, 'data'));
  const during = hl7.acknowledged.size - before.hl7.size;
  isOver = true;
  await load;
  await bithive('restore', backup, '--data', restored);
  const other = await startTested({ folder, data: restored, settings: ['--disk-free-bytes-min', '0'] });
  await drained(other.api);
  const lost = await lostOf(other, before);
  await stopTested(other);
  printCounts(`backup ${round}: ${mark}`, [
    ['messages acknowledged before it', before.hl7.size],
    ['instances acknowledged before it', before.instances.size],
    ['messages acknowledged while it ran', during],
    ['acknowledged before it and lost', lost.length],
  ]);
  for (const one of lost.slice(0, 10)) process.stdout.write(`  ${one}\n`);
  return lost.length;
}

/** Runs the command line without stopping the load, which lives in this process. */
function bithive(...args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [main, ...args, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) =>
      code === 0 ? resolve(said.trim()) : reject(new TypeError(`bithive ${args[0]} ended with ${code}`)),
    );
  });
}
