import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { numberArgument } from '../crash/arguments.ts';
import { drained } from '../crash/drained.ts';
import { lostOf } from './audit.ts';
import { readyStatus, startTested, stopTested, type TestedEngine } from './engine-under-test.ts';
import { eventually } from './eventually.ts';
import { Hl7Ledger, sendHl7Load } from './hl7-load.ts';
import { ReopenOrder } from './reopen-order.ts';
import { printCounts, skip } from './say.ts';
import { StowLedger, sendStowLoad } from './stow-load.ts';
import { followTrace, hasStrace, injectFault, straceInFront } from './strace.ts';
import { SyncOrder } from './sync-order.ts';

/**
 * Syncs that fail (EIO), in two ways. Now and then, under a trace that shows what the engine does after each; and all of them for a
 * while, with the doors watched. Acceptance must stop, the store must be opened anew before it goes on, and nothing that was ever
 * acknowledged may be missing.
 */
const acks = numberArgument('acks', 2_000);
const outages = numberArgument('outages', 4);
const outageMs = 1_500;
const failEvery = 40;
const instanceUid = /1\.2\.826\.0\.1\.3680043\.8\.498\.\d{20,}/g;
const expected = new Set(['AA', 'AE 207', '200', '503', '503 a700']);

if (!hasStrace()) skip('failing sync: strace cannot trace here (or is not installed)');
let faults = 0;
for (const writer of ['thread', 'inline'] as const) faults += await nowAndThen(writer);
faults += await forAWhile();
process.exit(faults === 0 ? 0 : 1);

/** One sync in so many fails, of each thread. */
async function nowAndThen(writer: 'thread' | 'inline'): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'bithive-eio-'));
  const data = join(folder, 'data');
  const [hl7, stow] = [new Hl7Ledger(), new StowLedger()];
  const hashes = () => new Set(stow.attempted.values());
  const order = new SyncOrder({
    folder: data,
    controlId: /SYNC\d{9}/g,
    instanceUid,
    hashOf: (uid) => stow.attempted.get(uid),
    isSentHash: (hash) => hashes().has(hash),
  });
  const reopen = new ReopenOrder(data);
  const following = followTrace(folder, order, reopen);
  const inject = ['-e', `inject=fsync,fdatasync:error=EIO:when=${failEvery}+${failEvery}`];
  const settings = ['--store-writer', writer, '--disk-free-bytes-min', '0'];
  const engine = await startTested({ folder, settings, prefix: straceInFront(following.pipe, inject) });
  await load(engine, hl7, stow, () => hl7.acknowledged.size >= acks);
  await stopTested(engine);
  await following.ended;
  const healthy = await startTested({ folder });
  const lost = await auditOf(healthy, hl7, stow);
  await stopTested(healthy);
  rmSync(folder, { recursive: true, force: true });
  const odd = oddAnswers(hl7, stow);
  const violations = [...order.violations, ...reopen.violations];
  printCounts(`a sync fails now and then, writer: ${writer}`, [
    ['messages acknowledged', hl7.acknowledged.size],
    ['messages refused with AE 207', hl7.count('AE 207')],
    ['instances stored', stow.acknowledged.size],
    ['instances refused with 503', stow.count('503') + stow.count('503 a700')],
    ['syncs of the log that failed', reopen.failedSyncs],
    ['the log was opened anew', reopen.reopened],
    ['violations of the order', violations.length],
    ['other answers', JSON.stringify(odd)],
    ['acknowledged and lost', lost.length],
  ]);
  for (const one of [...violations, ...lost].slice(0, 10)) process.stdout.write(`  ${one}\n`);
  return violations.length + lost.length + odd.length + (reopen.failedSyncs > 0 ? 0 : 1);
}

/** Every sync fails until the fault is taken away. */
async function forAWhile(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'bithive-eio-'));
  const [hl7, stow] = [new Hl7Ledger(), new StowLedger()];
  const engine = await startTested({ folder, settings: ['--disk-free-bytes-min', '0'] });
  let isOver = false;
  const sending = load(engine, hl7, stow, () => isOver);
  const backMs: number[] = [];
  for (let outage = 0; outage < outages; outage += 1) backMs.push(await outageOf(engine, hl7, stow));
  isOver = true;
  await sending;
  const lost = await auditOf(engine, hl7, stow);
  await stopTested(engine);
  rmSync(folder, { recursive: true, force: true });
  const odd = oddAnswers(hl7, stow);
  printCounts(`every sync fails for ${outageMs} ms`, [
    ['outages', outages],
    ['messages acknowledged', hl7.acknowledged.size],
    ['messages refused with AE 207', hl7.count('AE 207')],
    ['instances stored', stow.acknowledged.size],
    ['instances refused with 503', stow.count('503') + stow.count('503 a700')],
    ['ms until accepting again', backMs.join(', ')],
    ['other answers', JSON.stringify(odd)],
    ['acknowledged and lost', lost.length],
  ]);
  for (const one of lost.slice(0, 10)) process.stdout.write(`  ${one}\n`);
  return lost.length + odd.length;
}

/** Resolves with the time from the end of the fault to the next acknowledgements at both doors. */
async function outageOf(engine: TestedEngine, hl7: Hl7Ledger, stow: StowLedger): Promise<number> {
  const steady = { hl7: hl7.acknowledged.size, stow: stow.acknowledged.size };
  await eventually('a steady load', () => hl7.acknowledged.size > steady.hl7 + 100);
  const fault = await injectFault(engine.pid, 'fsync,fdatasync:error=EIO');
  const refused = hl7.count('AE 207');
  const refusals = stow.count('503') + stow.count('503 a700');
  await eventually('AE 207', () => hl7.count('AE 207') > refused + 4);
  await eventually('503', () => stow.count('503') + stow.count('503 a700') > refusals);
  await eventually('/readyz says not ready', async () => (await readyStatus(engine)) === 503);
  const during = hl7.acknowledged.size;
  await new Promise((next) => setTimeout(next, outageMs));
  if (hl7.acknowledged.size > during) throw new TypeError('messages are acknowledged while no sync succeeds');
  await fault.stop();
  const stored = stow.acknowledged.size;
  const backMs = await eventually('messages are taken again', () => hl7.acknowledged.size > during);
  await eventually('instances are taken again', () => stow.acknowledged.size > stored);
  await eventually('/readyz says ready', async () => (await readyStatus(engine)) === 200);
  return backMs;
}

async function load(
  { mllpPort: port, httpUrl: url, token }: TestedEngine,
  hl7: Hl7Ledger,
  stow: StowLedger,
  isOver: () => boolean,
): Promise<void> {
  await Promise.all([
    sendHl7Load({ port, connections: 8, prefix: 'SYNC' }, hl7, isOver),
    sendStowLoad({ url, token, senders: 2 }, stow, isOver),
  ]);
}

/** A sender that was refused may have been stored all the same: that is no fault, and a second copy is none of what was acknowledged. */
async function auditOf(engine: TestedEngine, hl7: Hl7Ledger, stow: StowLedger): Promise<readonly string[]> {
  await drained(engine.api);
  return lostOf(engine, { hl7: hl7.acknowledged, instances: stow.acknowledged });
}

function oddAnswers(hl7: Hl7Ledger, stow: StowLedger): readonly (readonly [string, number])[] {
  return [...hl7.answers, ...stow.answers].filter(([code]) => !expected.has(code));
}
