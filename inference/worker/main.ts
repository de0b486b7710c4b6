import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../core/assert.ts';
import { onnxruntime } from '../runtimes/onnxruntime.ts';
import type { RunRequest, WorkerBirth, WorkerMessage } from './protocol.ts';
import { runImage } from './run-image.ts';
import { openSessionShelf } from './session-shelf.ts';

// The only place where a model is run. The pool sends one request at a time; what is thrown here is a bug and ends the worker,
// which the pool sees, reports and replaces.
assert(!isMainThread && parentPort, 'a worker of the grid runs in a worker thread');
const port = parentPort;
const shelf = openSessionShelf((workerData as WorkerBirth).models, onnxruntime);
const say = (message: WorkerMessage) => port.postMessage(message);

port.on('message', (request: RunRequest) => {
  runImage(request, shelf).then(
    (result) => say({ kind: 'answer', id: request.id, result }),
    (bug: unknown) => {
      setImmediate(() => {
        throw bug;
      });
    },
  );
});
say({ kind: 'ready' });
