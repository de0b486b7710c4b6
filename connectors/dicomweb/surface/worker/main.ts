import { answerRequests } from '../../../request-thread-port.ts';
import type { FrameRequest } from './protocol.ts';
import { readFrame } from './read-frame.ts';

// Frames are read and decoded here, one after the other: a JPEG 2000 image of a mammogram takes seconds, and the engine's own thread must
// acknowledge messages meanwhile.
answerRequests(async (request: FrameRequest) => {
  // A copy of its own: the bytes may be a view of something larger, or of a codec's heap.
  const result = Uint8Array.from(await readFrame(request));
  return { result, transfer: [result.buffer] };
});
