import { RequestThread } from '../../connectors/request-thread.ts';
import { ownBytes } from '../../connectors/request-thread-port.ts';
import { limits } from '../../core/limits.ts';
import type { Clock } from '../../core/ports/index.ts';
import type { TurnBackAnswers, TurnBackRequest, TurnedBack } from './turn-back-worker/protocol.ts';

/** The thread that turns results of remote nodes back, one for all channels. */
export class TurnBackThread {
  readonly #thread: RequestThread<TurnBackRequest, TurnedBack>;

  constructor(clock: Clock) {
    this.#thread = new RequestThread({
      clock,
      entry: new URL('./turn-back-worker/main.js', import.meta.url),
      task: 'turns results back',
      waitingMax: limits.deidentifyWaitingMax,
      runMs: limits.reidentifyRunMs,
      heapMbMax: limits.deidentifyHeapMbMax,
      codes: { busy: 'BH_DICOM_WORKER', lost: 'BH_DICOM_WORKER' },
    });
  }

  /**
   * Takes the bytes: whoever needs them after that gives a copy.
   *
   * @throws BH_DICOM_WORKER when too many wait or the thread is lost; BH_STOPPING; what `turnBack` and the answers throw
   */
  result(request: TurnBackRequest, answers: TurnBackAnswers): Promise<TurnedBack> {
    const bytes = ownBytes(request.bytes);
    return this.#thread.ask({ ...request, bytes }, [bytes.buffer], answers);
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}
