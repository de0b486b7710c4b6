import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { assert } from '../../../core/assert.ts';
import { removeOlderSync } from '../removals.ts';
import { BodyMemory } from './body-memory.ts';
import type { BodyReply, BodyThreadSetup, RemovalRequest } from './body-thread-host.ts';
import { HashedSlab } from './hashed-slab.ts';
import { BodyPlacer, type Placed } from './place-bodies.ts';
import { RemovalLock } from './removal-lock.ts';

/**
 * A thread of bodies: hashes what comes into its slabs while it comes, writes those that are committed, and removes old bodies. It never
 * returns to an event loop: it waits for the bell.
 */
const main = parentPort;
assert(main !== null, 'runs as a worker');
const { buffer, requests, root, temporary, run, lockBuffer } = workerData as BodyThreadSetup;
const lock = new RemovalLock(lockBuffer);
const memory = new BodyMemory(buffer);
const slabs = memory.slabs.map((slab) => new HashedSlab(slab));
const placer = new BodyPlacer(root, temporary, run, memory.slabs[0]!.bytes);

main.postMessage({ kind: 'started' } satisfies BodyReply);
for (;;) turn(main);

function turn(port: MessagePort): void {
  const rung = memory.rung();
  removeOld(requests, port);
  for (const slab of slabs) slab.hashOn();
  const committed = slabs.filter((slab) => slab.isCommitted);
  if (committed.length > 0) place(committed, port);
  else memory.waitForBell(rung);
}

function place(committed: readonly HashedSlab[], port: MessagePort): void {
  const hashed = committed.map((slab) => slab.digest());
  const placed = lock.place(() => placer.place(hashed));
  for (const [at, slab] of committed.entries()) {
    const { hash, tailHash } = hashed[at]!;
    const reply: BodyReply = { kind: 'placed', slab: slab.index, hash, tailHash, error: plain(placed[at]!) };
    slab.giveBack();
    port.postMessage(reply);
  }
}

function removeOld(requested: MessagePort, port: MessagePort): void {
  for (let next = receiveMessageOnPort(requested); next; next = receiveMessageOnPort(requested)) {
    const { number, path, sinceMs } = next.message as RemovalRequest;
    let isRemoved = false;
    let error: Placed = null;
    try {
      isRemoved = lock.remove(() => removeOlderSync(path, sinceMs)) ?? false;
    } catch (cause) {
      error = cause as NodeJS.ErrnoException;
    }
    port.postMessage({ kind: 'removed', number, isRemoved, error: plain(error) } satisfies BodyReply);
  }
}

/** An error keeps nothing but its message on its way to another thread. */
function plain(error: Placed) {
  return error === null ? null : { code: error.code, message: error.message };
}
