import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { numberArgument } from '../crash/arguments.ts';
import { startTested, stopTested } from './engine-under-test.ts';
import { Hl7Ledger, sendHl7Load } from './hl7-load.ts';
import { printCounts, skip } from './say.ts';
import { StowLedger, sendStowLoad } from './stow-load.ts';
import { followTrace, hasStrace, straceInFront } from './strace.ts';
import { SyncOrder } from './sync-order.ts';

/**
 * `npm run test:fsync -- [--acks 10000] [--instances 300]`: a killed process proves nothing about fsync, for the kernel keeps what it was
 * given. So the system calls of the engine are traced: each acknowledgement must leave after the sync of the group that holds its
 * message, and each body must be synced, with its folders, before the row that names it. Both places of the writer are traced.
 */
const acks = numberArgument('acks', 10_000);
const instances = numberArgument('instances', 300);
const connections = 16;
const senders = 4;
const prefix = 'SYNC';

if (!hasStrace()) skip('fsync order: strace cannot trace here (or is not installed)');
let violations = 0;
for (const writer of ['thread', 'inline'] as const) violations += await trace(writer);
process.exit(violations === 0 ? 0 : 1);

async function trace(writer: 'thread' | 'inline'): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'bithive-fsync-'));
  const hl7 = new Hl7Ledger();
  const stow = new StowLedger();
  const hashes = new Set<string>();
  const order = new SyncOrder({
    folder: join(folder, 'data'),
    controlId: new RegExp(`${prefix}\\d{9}`, 'g'),
    instanceUid: /1\.2\.826\.0\.1\.3680043\.8\.498\.\d{20,}/g,
    hashOf: (uid) => {
      const hash = stow.attempted.get(uid);
      if (hash !== undefined) hashes.add(hash);
      return hash;
    },
    isSentHash: (hash) => hashesOf(stow, hashes).has(hash),
  });
  const following = followTrace(folder, order);
  try {
    const settings = ['--store-writer', writer, '--disk-free-bytes-min', '0'];
    const engine = await startTested({ folder, settings, prefix: straceInFront(following.pipe) });
    const { mllpPort: port, httpUrl: url, token } = engine;
    await Promise.all([
      sendHl7Load({ port, connections, prefix }, hl7, () => hl7.acknowledged.size >= acks),
      sendStowLoad({ url, token, senders }, stow, () => stow.acknowledged.size >= instances),
    ]);
    await stopTested(engine);
    await following.ended;
    return report(writer, following.lines(), order, hl7, stow);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The hashes of all that was sent so far. */
function hashesOf({ attempted }: StowLedger, known: Set<string>): ReadonlySet<string> {
  if (known.size < attempted.size) for (const hash of attempted.values()) known.add(hash);
  return known;
}

function report(writer: string, lines: number, order: SyncOrder, hl7: Hl7Ledger, stow: StowLedger): number {
  const { violations, log } = order;
  printCounts(`writer: ${writer}`, [
    ['system calls read', lines],
    ['messages acknowledged (AA)', hl7.acknowledged.size],
    ['AA found in the trace', order.acknowledged],
    ['instances answered 200', stow.acknowledged.size],
    ['instances found in the trace', order.answeredInstances],
    ['transactions in the log', log.transactions],
    ['syncs of the log', log.syncs],
    ['times the log began anew', log.restarts],
    ['violations', violations.length],
  ]);
  for (const violation of violations.slice(0, 10)) process.stdout.write(`  ${violation}\n`);
  const unseen =
    Math.max(0, hl7.acknowledged.size - order.acknowledged) +
    Math.max(0, stow.acknowledged.size - order.answeredInstances);
  if (unseen > 0) process.stdout.write(`  ${unseen} answers were not seen in the trace\n`);
  return violations.length + unseen;
}
