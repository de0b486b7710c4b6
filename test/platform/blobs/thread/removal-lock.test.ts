import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { RemovalLock } from '../../../../platform/blobs/thread/removal-lock.ts';

const compiled = fileURLToPath(
  new URL('../../../../dist/platform/blobs/thread/removal-lock.js', import.meta.url),
);

/** Places and removes by turns; counts how often it saw somebody else where nobody may be. */
const program = `
const { workerData, parentPort } = require('node:worker_threads');
import(workerData.compiled).then(({ RemovalLock }) => {
  const lock = new RemovalLock(workerData.lock);
  const seen = new Int32Array(workerData.seen);
  let faults = 0;
  let removals = 0;
  // All at once: a thread that is done before the next one starts meets nobody.
  Atomics.add(seen, 2, 1);
  Atomics.notify(seen, 2);
  for (let up = Atomics.load(seen, 2); up < 3; up = Atomics.load(seen, 2)) Atomics.wait(seen, 2, up);
  for (let round = 0; round < 4000; round += 1) {
    lock.place(() => {
      Atomics.add(seen, 0, 1);
      if (Atomics.load(seen, 1) !== 0) faults += 1;
      Atomics.sub(seen, 0, 1);
    });
    if (round % 10 === workerData.number) {
      const done = lock.remove(() => {
        Atomics.add(seen, 1, 1);
        // Long enough that whoever does not wait is seen.
        for (let look = 0; look < 20000; look += 1)
          if (Atomics.load(seen, 0) !== 0 || Atomics.load(seen, 1) !== 1) faults += 1;
        Atomics.sub(seen, 1, 1);
        return true;
      });
      if (done) removals += 1;
    }
  }
  parentPort.postMessage({ faults, removals });
});
`;

test('what a thread gives is given back, and a removal gives its result', () => {
  const lock = new RemovalLock();
  expect(lock.place(() => 7)).toBe(7);
  expect(() =>
    lock.place(() => {
      throw new TypeError('no');
    }),
  ).toThrow('no');
  expect(lock.remove(() => lock.remove(() => 'both'))).toBeNull();
  expect(lock.remove(() => 'alone')).toBe('alone');
});

(existsSync(compiled) ? test : test.skip)(
  'threads place side by side, and nobody places while one removes (needs npm run build)',
  async () => {
    const lock = new RemovalLock();
    const seen = new SharedArrayBuffer(12);
    const ran = await Promise.all(
      [0, 1, 2].map(
        (number) =>
          new Promise<{ faults: number; removals: number }>((resolve, reject) => {
            const workerData = { compiled, lock: lock.buffer, seen, number };
            new Worker(program, { eval: true, workerData }).once('message', resolve).once('error', reject);
          }),
      ),
    );
    expect(ran.map(({ faults }) => faults)).toEqual([0, 0, 0]);
    expect(ran.reduce((sum, { removals }) => sum + removals, 0)).toBeGreaterThan(0);
  },
);
