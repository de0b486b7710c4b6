import { isMainThread, parentPort } from 'node:worker_threads';
import { assert } from '../../../../core/assert.ts';
import { toBitHiveError } from '../../../../core/errors.ts';
import type { FrameReply, FrameRequest } from './protocol.ts';
import { readFrame } from './read-frame.ts';

// Frames are read and decoded here, one after the other: a JPEG 2000 image of a mammogram takes seconds, and the engine's own thread must
// acknowledge messages meanwhile.
assert(!isMainThread && parentPort, 'frames are read in a worker thread');
const port = parentPort;

port.on('message', (request: FrameRequest) => {
  readFrame(request).then(
    // A copy of its own: the bytes may be a view of something larger, or of a codec's heap.
    (bytes) => say({ id: request.id, bytes: Uint8Array.from(bytes) }),
    (error: unknown) => {
      const { code, detail } = toBitHiveError(error);
      say({ id: request.id, refusal: { code, detail } });
    },
  );
});

function say(reply: FrameReply): void {
  port.postMessage(reply, 'bytes' in reply ? [reply.bytes.buffer as ArrayBuffer] : []);
}
