import { connect as connectTcp, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { BitHiveError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import type { Clock } from '../../core/ports/index.ts';
import { type SenderTls, secureContext } from '../tls.ts';
import { frameMessage, MllpFramer } from './framer.ts';

export interface Receiver {
  readonly host: string;
  readonly port: number;
  readonly tls?: SenderTls;
  readonly lookup?: LookupFunction;
  readonly connectMs: number;
  readonly answerMs: number;
  readonly clock: Clock;
}

/**
 * How one exchange on the wire ended.
 * - `answered`: one whole frame came back.
 * - `not-sent`: the receiver cannot have the message.
 * - `lost`: it may have it; its answer did not come, or what came was no frame.
 */
export type WireResult =
  | { readonly kind: 'answered'; readonly bytes: Uint8Array }
  | { readonly kind: 'not-sent'; readonly reason: string }
  | { readonly kind: 'lost'; readonly reason: string };

interface Waiting {
  readonly end: (result: WireResult) => void;
  hasLeft: boolean;
}

/** Bodies over this leave before their end block: a line that breaks under them has not delivered them, and that is known. */
const splitWriteBytesMin = 64 * 1024;
const endQuietMs = 200;
const notFramed = 'the answer is not framed';

/**
 * One connection to a receiver with at most one message in flight. Whatever is not the one awaited answer closes it, so that a late
 * answer can never be taken for that of the next message.
 */
export class OutboundConnection {
  readonly #socket: Socket;
  readonly #receiver: Receiver;
  readonly #framer = new MllpFramer(limits.deliveryAnswerBytesMax);
  #waiting: Waiting | undefined;
  /** Answers that may come before they are waited for, and the one that did. */
  #followers: 0 | 1 = 0;
  #early: Uint8Array | undefined;
  #stopQuietTimer: (() => void) | undefined;

  private constructor(socket: Socket, receiver: Receiver) {
    this.#socket = socket;
    this.#receiver = receiver;
    socket.on('data', (chunk) => this.#received(chunk));
    socket.on('error', (error) => this.#lost(error.message));
    socket.on('end', () => this.#lost('the receiver closed the connection'));
    socket.on('close', () => this.#lost('the connection was closed'));
  }

  /** Rejected with BH_DELIVERY_UNREACHABLE when there is no connection within `connectMs`, or the signal aborts. */
  static async open(receiver: Receiver, signal: AbortSignal): Promise<OutboundConnection> {
    const { host, port, tls, lookup, connectMs, clock } = receiver;
    const to = { host, port, ...(lookup === undefined ? {} : { lookup }) };
    const socket =
      tls === undefined
        ? connectTcp(to)
        : connectTls({ ...to, ...secureContext(tls), ...serverNameOf(tls.serverName ?? host) });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    await new Promise<void>((resolve, reject) => {
      const fail = (reason: string): void => {
        socket.destroy();
        reject(new BitHiveError('BH_DELIVERY_UNREACHABLE', reason));
      };
      const stopTimer = clock.after(connectMs, () => fail(`no connection within ${connectMs} ms`));
      const aborted = (): void => fail('stopped');
      signal.addEventListener('abort', aborted, { once: true });
      if (signal.aborted) aborted();
      const settled = (): void => {
        stopTimer();
        signal.removeEventListener('abort', aborted);
      };
      socket.once('error', (error) => fail(error.message));
      socket.once('close', settled);
      socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
        settled();
        resolve();
      });
    });
    socket.removeAllListeners('error');
    return new OutboundConnection(socket, receiver);
  }

  get isUsable(): boolean {
    if (this.#waiting !== undefined || this.#early !== undefined) return false;
    return !this.#socket.destroyed && this.#socket.writable;
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Sends one message and waits for one answer; a second one may follow where `hasTwoAnswers` says so. */
  exchange(message: Uint8Array, hasTwoAnswers: boolean, signal: AbortSignal): Promise<WireResult> {
    this.#followers = hasTwoAnswers ? 1 : 0;
    return this.#await(signal, (waiting) => this.#send(message, waiting));
  }

  /** Waits for a further answer to the message that was answered last (the application's, after the commit). */
  another(signal: AbortSignal): Promise<WireResult> {
    const early = this.#early;
    this.#early = undefined;
    this.#followers = 0;
    if (early !== undefined) return Promise.resolve({ kind: 'answered', bytes: early });
    return this.#await(signal, (waiting) => {
      waiting.hasLeft = true;
    });
  }

  #await(signal: AbortSignal, begin: (waiting: Waiting) => void): Promise<WireResult> {
    return new Promise((resolve) => {
      const { clock, answerMs } = this.#receiver;
      const stopTimer = clock.after(answerMs, () => this.#lost(`no answer within ${answerMs} ms`));
      const aborted = (): void => this.#lost('stopped before the answer');
      signal.addEventListener('abort', aborted, { once: true });
      const end = (result: WireResult): void => {
        stopTimer();
        signal.removeEventListener('abort', aborted);
        this.#waiting = undefined;
        resolve(result);
      };
      const waiting: Waiting = { end, hasLeft: false };
      this.#waiting = waiting;
      if (signal.aborted) this.#lost('stopped');
      else begin(waiting);
    });
  }

  #send(message: Uint8Array, waiting: Waiting): void {
    const framed = frameMessage(message);
    if (framed.length < splitWriteBytesMin) {
      waiting.hasLeft = true;
      this.#socket.write(framed);
      return;
    }
    this.#socket.write(framed.subarray(0, -2), (error) => {
      if (error != null || this.#waiting !== waiting) return;
      waiting.hasLeft = true;
      this.#socket.write(framed.subarray(-2));
    });
  }

  #received(chunk: Buffer): void {
    this.#stopQuietTimer?.();
    this.#framer.push(chunk);
    for (let event = this.#framer.next(); event !== null; event = this.#framer.next()) {
      if (event.kind === 'frame') this.#answered(event.bytes);
      else this.#lost(notFramed);
    }
    if (this.#framer.skippedBytes > 0) this.#lost(notFramed);
    else if (this.#framer.awaitsEnd) {
      this.#stopQuietTimer = this.#receiver.clock.after(endQuietMs, () => {
        const event = this.#framer.settle();
        if (event?.kind === 'frame') this.#answered(event.bytes);
        else this.#lost(notFramed);
      });
    }
  }

  #answered(bytes: Uint8Array): void {
    if (this.#waiting?.hasLeft === true) this.#waiting.end({ kind: 'answered', bytes });
    else if (this.#waiting === undefined && this.#followers === 1) {
      this.#followers = 0;
      this.#early = bytes;
    } else this.#lost('an answer that nothing asked for');
  }

  #lost(reason: string): void {
    this.#stopQuietTimer?.();
    this.#socket.destroy();
    const waiting = this.#waiting;
    waiting?.end({ kind: waiting.hasLeft ? 'lost' : 'not-sent', reason });
  }
}

/** An address is no name: TLS forbids it as server name, and the certificate is then checked against the host. */
function serverNameOf(name: string): { servername?: string } {
  return /^[\d.]+$|:/.test(name) ? {} : { servername: name };
}
