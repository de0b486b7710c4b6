import { RequestThread } from '../../connectors/request-thread.ts';
import { ownBytes } from '../../connectors/request-thread-port.ts';
import { limits } from '../../core/limits.ts';
import type { Clock } from '../../core/ports/index.ts';
import type { DeidentifyReply, DeidentifyRequest } from './deidentify-worker/protocol.ts';

/** The thread that de-identifies objects, one for all destinations. */
export class DeidentifyThread {
  readonly #thread: RequestThread<DeidentifyRequest, DeidentifyReply>;

  constructor(clock: Clock) {
    this.#thread = new RequestThread({
      clock,
      entry: new URL('./deidentify-worker/main.js', import.meta.url),
      task: 'de-identifies objects',
      waitingMax: limits.deidentifyWaitingMax,
      runMs: limits.deidentifyRunMs,
      heapMbMax: limits.deidentifyHeapMbMax,
      codes: { busy: 'BH_DICOM_WORKER', lost: 'BH_DICOM_WORKER' },
    });
  }

  /**
   * Takes the bytes: whoever needs them after that gives a copy.
   *
   * @throws BH_DICOM_WORKER when too many wait or the thread is lost; BH_STOPPING; what `deidentify` throws
   */
  object(request: DeidentifyRequest): Promise<DeidentifyReply> {
    const bytes = ownBytes(request.bytes);
    return this.#thread.ask({ ...request, bytes }, [bytes.buffer]);
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}
