import type { Socket } from 'node:net';
import type { Clock } from '../../core/ports/index.ts';

export interface AnswerWriterOptions {
  readonly clock: Clock;
  /** Time within which the sender reads something of what waits for it. */
  readonly unreadMs: number;
  readonly unread: () => void;
}

/** Answers of one turn of the loop leave in one write. A sender that does not read them is given up after a while. */
export class AnswerWriter {
  readonly #socket: Socket;
  readonly #options: AnswerWriterOptions;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #writtenBytes = 0;
  #stopWatch: (() => void) | undefined;
  readonly #flush = (): void => this.flush();

  constructor(socket: Socket, options: AnswerWriterOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('drain', () => this.stop());
  }

  /** Bytes that have not left the process. */
  get waitingBytes(): number {
    return this.#socket.destroyed ? 0 : this.#pendingBytes + this.#socket.writableLength;
  }

  write(bytes: Uint8Array): void {
    if (this.#pending.length === 0) process.nextTick(this.#flush);
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
  }

  flush(): void {
    const parts = this.#pending;
    if (parts.length === 0) return;
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts, this.#pendingBytes);
    this.#pending = [];
    this.#pendingBytes = 0;
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    this.#writtenBytes += bytes.length;
    if (!this.#socket.write(bytes) && this.#stopWatch === undefined) this.#watch();
  }

  stop(): void {
    this.#stopWatch?.();
    this.#stopWatch = undefined;
  }

  #watch(): void {
    const takenBytes = this.#takenBytes;
    this.#stopWatch = this.#options.clock.after(this.#options.unreadMs, () => {
      if (this.#takenBytes === takenBytes) this.#options.unread();
      else this.#watch();
    });
  }

  get #takenBytes(): number {
    return this.#writtenBytes - this.#socket.writableLength;
  }
}
