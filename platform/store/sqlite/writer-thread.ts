import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../../core/assert.ts';
import { loadSqlite } from './driver.ts';
import { GroupApplier } from './group-applier.ts';
import type { ThreadReply, ThreadRequest, ThreadSetup } from './thread-runner.ts';
import { packResult, unpackOperations } from './wire.ts';

/** The writer in a thread of its own: a sync that takes long stalls nobody but the commits behind it. */
const port = parentPort;
assert(port !== null, 'runs as a worker');
const setup = workerData as ThreadSetup;
const applier = new GroupApplier(await loadSqlite(), setup.path, setup.options);

port.on('message', (request: ThreadRequest) => {
  const reply = answer(request);
  port.postMessage(reply, 'wire' in reply ? [reply.wire.bytes.buffer as ArrayBuffer] : []);
  if (request.kind === 'close') port.close();
});
port.postMessage({ kind: 'done' } satisfies ThreadReply);

function answer(request: ThreadRequest): ThreadReply {
  if (request.kind === 'run')
    return { kind: 'ran', wire: packResult(applier.apply(unpackOperations(request.wire))) };
  if (request.kind === 'close') {
    applier.close();
    return { kind: 'done' };
  }
  try {
    applier.recover();
    return { kind: 'done' };
  } catch (error) {
    return { kind: 'failed', detail: error instanceof Error ? error.message : String(error) };
  }
}
