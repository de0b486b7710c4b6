import { limits } from '../../../core/limits.ts';
import type { Clock } from '../../../core/ports/index.ts';
import { RequestThread } from '../../request-thread.ts';
import type { FrameRequest } from './worker/protocol.ts';

/** The thread that reads and decodes frames for viewers. */
export class FrameThread {
  readonly #thread: RequestThread<FrameRequest, Uint8Array>;

  constructor(clock: Clock) {
    this.#thread = new RequestThread({
      clock,
      entry: new URL('./worker/main.js', import.meta.url),
      task: 'reads frames',
      waitingMax: limits.dicomwebFramesWaitingMax,
      runMs: limits.inferenceRunMs,
      heapMbMax: limits.inferenceWorkerHeapMbMax,
      codes: { busy: 'BH_STORE_BUSY', lost: 'BH_INTERNAL' },
    });
  }

  /** Throws BH_STORE_BUSY when too many wait, BH_INTERNAL when the thread is lost, and what `readFrame` throws. */
  read(request: FrameRequest): Promise<Uint8Array> {
    return this.#thread.ask(request);
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}
