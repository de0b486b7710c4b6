import type { Socket } from 'node:net';
import { BitHiveError } from '../../../core/errors.ts';
import type { Clock } from '../../../core/ports/index.ts';

/** How long the peer may keep us waiting. Time in which we do not wait for it, because our disk is slow, does not count. */
export interface Patience {
  /** Waiting in all; then BH_DIMSE_TIMEOUT. */
  readonly ms: number;
  /** As many bytes begin the time anew: a peer that trickles does not hold its place for ever. Absent: nothing does. */
  readonly perBytes?: number;
}

/** Past so many bytes that nobody has taken, the socket is not read. */
const queuedBytesMax = 512 * 1024;

/**
 * The bytes of a socket, pulled. Chunks are handed on as they came off the wire, without a copy; at most `queuedBytesMax` and one chunk
 * are held.
 */
export class SocketReader {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #chunks: Buffer[] = [];
  #queuedBytes = 0;
  #hasEnded = false;
  #failure: string | null = null;
  #wake: (() => void) | null = null;
  #onReadable: () => void = () => {};
  #patience: Patience = { ms: 0 };
  #waitedMs = 0;
  #newBytes = 0;

  constructor(socket: Socket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    socket.on('data', (chunk: Buffer) => this.#received(chunk));
    socket.on('end', () => this.#ended(null));
    socket.on('error', (error) => this.#ended(error.message));
    socket.on('close', () => this.#ended(null));
  }

  /** From here on the peer is waited for so long. */
  allow(patience: Patience): void {
    this.#patience = patience;
    this.#waitedMs = 0;
    this.#newBytes = 0;
  }

  /** Resolves when something is there to be taken, or the connection has ended. Takes nothing; for one waiter at a time. */
  async readable(): Promise<void> {
    if (this.#queuedBytes > 0 || this.#hasEnded) return;
    await new Promise<void>((resolve) => {
      this.#onReadable = resolve;
    });
  }

  /** Exactly so many bytes. Throws BH_DIMSE_ABORTED where the connection ends before, BH_DIMSE_TIMEOUT. */
  async exactly(bytesCount: number): Promise<Buffer> {
    while (this.#queuedBytes < bytesCount) await this.#more();
    return this.#take(bytesCount);
  }

  /** What is there, at least one byte and at most so many. Throws as `exactly`. */
  async some(bytesMax: number): Promise<Buffer> {
    while (this.#queuedBytes === 0) await this.#more();
    const first = this.#chunks[0] as Buffer;
    return this.#take(Math.min(first.length, bytesMax));
  }

  #take(bytesCount: number): Buffer {
    const first = this.#chunks[0];
    this.#queuedBytes -= bytesCount;
    let taken: Buffer;
    if (first !== undefined && first.length > bytesCount) {
      taken = first.subarray(0, bytesCount);
      this.#chunks[0] = first.subarray(bytesCount);
    } else if (first?.length === bytesCount) {
      taken = first;
      this.#chunks.shift();
    } else taken = this.#gather(bytesCount);
    if (this.#queuedBytes < queuedBytesMax && this.#socket.isPaused()) this.#socket.resume();
    return taken;
  }

  #gather(bytesCount: number): Buffer {
    const pieces: Buffer[] = [];
    let missing = bytesCount;
    while (missing > 0) {
      const chunk = this.#chunks.shift() as Buffer;
      const piece = chunk.subarray(0, missing);
      if (piece.length < chunk.length) this.#chunks.unshift(chunk.subarray(missing));
      pieces.push(piece);
      missing -= piece.length;
    }
    return Buffer.concat(pieces, bytesCount);
  }

  #received(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#queuedBytes += chunk.length;
    this.#newBytes += chunk.length;
    if (this.#newBytes >= (this.#patience.perBytes ?? Number.POSITIVE_INFINITY)) {
      this.#newBytes = 0;
      this.#waitedMs = 0;
    }
    if (this.#queuedBytes >= queuedBytesMax) this.#socket.pause();
    this.#onReadable();
    this.#wake?.();
  }

  #ended(failure: string | null): void {
    this.#hasEnded = true;
    this.#failure ??= failure;
    this.#onReadable();
    this.#wake?.();
  }

  /** Sleeps until something came, the peer has gone or the patience is over. */
  async #more(): Promise<void> {
    if (this.#hasEnded) {
      throw new BitHiveError('BH_DIMSE_ABORTED', this.#failure ?? 'the peer closed the connection');
    }
    const leftMs = this.#patience.ms - this.#waitedMs;
    const startMs = this.#clock.monotonicMs();
    let isOver = leftMs <= 0;
    if (!isOver) {
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.after(leftMs, () => {
          isOver = true;
          this.#wake?.();
        });
        this.#wake = () => {
          this.#wake = null;
          cancel();
          resolve();
        };
      });
      this.#waitedMs += this.#clock.monotonicMs() - startMs;
    }
    if (isOver) throw new BitHiveError('BH_DIMSE_TIMEOUT', `nothing more within ${this.#patience.ms} ms`);
  }
}
