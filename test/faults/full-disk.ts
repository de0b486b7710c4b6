import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drained } from '../crash/drained.ts';
import { lostOf } from './audit.ts';
import { readyStatus, startTested, stopTested, type TestedEngine } from './engine-under-test.ts';
import { eventually } from './eventually.ts';
import { Hl7Ledger, sendHl7Load } from './hl7-load.ts';
import { printCounts, skip } from './say.ts';
import { StowLedger, sendStowLoad } from './stow-load.ts';

/**
 * Fills the disk of the data folder under load, twice: to the last byte, and to the watermark. The doors must say so (AE 207, 507 and
 * A700, /readyz), nothing acknowledged may be missing, and the engine must go on by itself when space returns.
 */
const diskMib = 64;
const ballastMib = 24;
const cases = [
  { name: 'the last byte', freeBytesMin: 0 },
  { name: 'the watermark', freeBytesMin: 12 * 1024 * 1024 },
];
const padding = 6_000;
const refusalsWanted = 20;
const expected = new Set(['AA', 'AE 207', '200', '507', '507 a700']);

const folder = mkdtempSync(join(tmpdir(), 'bithive-disk-'));
const disk = join(folder, 'disk');
mkdirSync(disk);
let faults = 0;
if (!mounted()) {
  rmSync(folder, { recursive: true });
  skip('full disk: a small disk cannot be mounted (needs root)');
}
execFileSync('umount', [disk]);
for (const one of cases) {
  if (!mounted()) throw new TypeError('the disk cannot be mounted again');
  try {
    faults += await fill(one.name, one.freeBytesMin);
  } finally {
    execFileSync('umount', ['-l', disk]);
  }
}
rmSync(folder, { recursive: true, force: true });
process.exit(faults === 0 ? 0 : 1);

function mounted(): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${diskMib}m`, 'tmpfs', disk]).status === 0;
}

async function fill(name: string, freeBytesMin: number): Promise<number> {
  const ballast = join(disk, 'ballast');
  writeFileSync(ballast, Buffer.alloc(ballastMib * 1024 * 1024, 1));
  const hl7 = new Hl7Ledger();
  const stow = new StowLedger();
  const settings = ['--disk-free-bytes-min', String(freeBytesMin)];
  const engine = await startTested({ folder, data: join(disk, 'data'), settings });
  let isOver = false;
  const load = startLoad(engine, hl7, stow, () => isOver);
  try {
    await eventually('HL7 refused', () => hl7.count('AE 207') >= refusalsWanted);
    await eventually('STOW refused', () => stow.count('507') >= refusalsWanted);
    if (freeBytesMin === 0) await eventually('an instance refused', () => stow.count('507 a700') > 0);
    await eventually('/readyz says not ready', async () => (await readyStatus(engine)) === 503);
    const before = { hl7: hl7.acknowledged.size, stow: stow.acknowledged.size };
    rmSync(ballast);
    const backMs = await eventually('messages are taken again', () => hl7.acknowledged.size > before.hl7);
    await eventually('instances are taken again', () => stow.acknowledged.size > before.stow);
    await eventually('/readyz says ready', async () => (await readyStatus(engine)) === 200);
    isOver = true;
    await load;
    await drained(engine.api);
    const acknowledged = { hl7: hl7.acknowledged, instances: stow.acknowledged };
    return report(name, hl7, stow, before, backMs, await lostOf(engine, acknowledged));
  } catch (cause) {
    process.stdout.write(
      `${name}: ${JSON.stringify([...hl7.answers])} ${JSON.stringify([...stow.answers])}\n`,
    );
    throw cause;
  } finally {
    isOver = true;
    await stopTested(engine);
    await load;
  }
}

async function startLoad(
  engine: TestedEngine,
  hl7: Hl7Ledger,
  stow: StowLedger,
  isOver: () => boolean,
): Promise<void> {
  const { mllpPort: port, httpUrl: url, token } = engine;
  await Promise.all([
    sendHl7Load({ port, connections: 4, prefix: 'FULL', padding }, hl7, isOver),
    sendStowLoad({ url, token, senders: 2 }, stow, isOver),
  ]);
}

function report(
  name: string,
  hl7: Hl7Ledger,
  stow: StowLedger,
  before: { readonly hl7: number; readonly stow: number },
  backMs: number,
  lost: readonly string[],
): number {
  const odd = [...hl7.answers, ...stow.answers].filter(([code]) => !expected.has(code));
  printCounts(`full disk: ${name}`, [
    ['messages acknowledged before it was full', before.hl7],
    ['messages refused with AE 207', hl7.count('AE 207')],
    ['instances stored before it was full', before.stow],
    ['requests refused with 507 by their length', stow.count('507')],
    ['instances refused with 507 and A700', stow.count('507 a700')],
    ['ms from space to the first acknowledgement', backMs],
    ['messages acknowledged in all', hl7.acknowledged.size],
    ['instances stored in all', stow.acknowledged.size],
    ['other answers', JSON.stringify(odd)],
    ['acknowledged and lost', lost.length],
  ]);
  for (const one of lost.slice(0, 10)) process.stdout.write(`  ${one}\n`);
  return lost.length + odd.length;
}
