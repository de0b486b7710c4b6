// Speaks the protocol of the pool and does what the name of the image asks for, so that the pool's tests can have a worker die, hang or
// run out of memory at will. No model is run here; the real worker has tests of its own.
import { parentPort } from 'node:worker_threads';

const acts = {
  die: () => process.exit(3),
  throw: () => {
    throw new Error('a bug in the worker');
  },
  hang: () => {
    for (;;);
  },
  heap: () => {
    const held = [];
    for (;;) held.push(new Array(100_000).fill(held.length));
  },
};

parentPort.on('message', ({ id, image }) => {
  acts[image.path]?.();
  parentPort.postMessage({
    kind: 'answer',
    id,
    result: { kind: 'completed', probability: Number(image.path) },
  });
});
parentPort.postMessage({ kind: 'ready' });
