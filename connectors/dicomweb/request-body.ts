import type { IncomingMessage } from 'node:http';
import { BitHiveError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports/index.ts';

export interface BodyLimits {
  readonly bodyBytesMax: number;
  readonly idleMs: number;
  /** Less than this within the idle time is no progress: a client that trickles must not hold one of the few places for hours. */
  readonly progressBytesMin: number;
}

const wakeEvents = ['readable', 'end', 'error', 'close'] as const;

/**
 * The body of a request, piece by piece as it comes off the socket. Only time spent waiting for the client counts as idle,
 * so a slow disk behind the reader is never blamed on the sender. The stream is left as it is when the reader stops early, so that an answer
 * can still be sent.
 *
 * Throws BH_HTTP_TOO_LARGE past `bodyBytesMax`, BH_HTTP_TIMEOUT, BH_HTTP_ABORTED when the client goes away, BH_STOPPING when `signal` aborts.
 */
export async function* readRequestBody(
  raw: IncomingMessage,
  limits: BodyLimits,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  const wait = new Wait(raw, clock, signal);
  let bodyBytes = 0;
  let newBytes = 0;
  let waitedMs = 0;
  try {
    for (;;) {
      if (signal.aborted) throw new BitHiveError('BH_STOPPING', 'the engine stopped before the body ended');
      const piece = raw.read() as Buffer | null;
      if (piece === null) {
        if (raw.readableEnded) return;
        if (raw.destroyed) throw new BitHiveError('BH_HTTP_ABORTED', `after ${bodyBytes} bytes`);
        waitedMs += await wait.forChange(limits.idleMs - waitedMs);
        if (waitedMs >= limits.idleMs && raw.readableLength === 0) {
          throw new BitHiveError(
            'BH_HTTP_TIMEOUT',
            `less than ${limits.progressBytesMin} bytes within ${limits.idleMs} ms`,
          );
        }
        continue;
      }
      bodyBytes += piece.length;
      if (bodyBytes > limits.bodyBytesMax) {
        throw new BitHiveError('BH_HTTP_TOO_LARGE', `a body over ${limits.bodyBytesMax} bytes`);
      }
      newBytes += piece.length;
      if (newBytes >= limits.progressBytesMin) {
        newBytes = 0;
        waitedMs = 0;
      }
      yield piece;
    }
  } finally {
    wait.close();
  }
}

/** Sleeps until the stream changes, the time is over or the engine stops; the caller looks which it was. */
class Wait {
  readonly #raw: IncomingMessage;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #isChanged = false;
  #wake: (() => void) | null = null;
  readonly #changed = (): void => {
    this.#isChanged = true;
    this.#wake?.();
  };

  constructor(raw: IncomingMessage, clock: Clock, signal: AbortSignal) {
    this.#raw = raw;
    this.#clock = clock;
    this.#signal = signal;
    for (const event of wakeEvents) raw.on(event, this.#changed);
    signal.addEventListener('abort', this.#changed);
  }

  /** Resolves with the time that went by, at most about `timeoutMs`. */
  async forChange(timeoutMs: number): Promise<number> {
    if (this.#isChanged) {
      this.#isChanged = false;
      return 0;
    }
    const startMs = this.#clock.monotonicMs();
    let cancel = (): void => {};
    let isOver = false;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      cancel = this.#clock.after(Math.max(0, timeoutMs), () => {
        isOver = true;
        resolve();
      });
    });
    cancel();
    this.#wake = null;
    this.#isChanged = false;
    const waitedMs = this.#clock.monotonicMs() - startMs;
    return isOver ? Math.max(waitedMs, timeoutMs) : waitedMs;
  }

  close(): void {
    for (const event of wakeEvents) this.#raw.off(event, this.#changed);
    this.#signal.removeEventListener('abort', this.#changed);
  }
}
