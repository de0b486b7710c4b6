import type { Socket } from 'node:net';
import { BitHiveError } from '../../../core/errors.ts';
import type { Clock } from '../../../core/ports/index.ts';
import { pduHeadBytes, pduTypes, pdvHeadBytes } from './pdu.ts';

/** What a data set is sent from: bytes, or pieces as they are read. */
export type DataSetBytes = Uint8Array | AsyncIterable<Uint8Array>;

/** A peer that names no limit, or a larger one, gets PDUs of so many bytes. */
const pduBytesBest = 256 * 1024;
/** A peer that names less than a value of one byte needs is given that much all the same. */
const pduBytesLeast = 64;

/** PDUs onto a socket: one write each, and no more of them than the peer takes. */
export class PduWriter {
  readonly #socket: Socket;
  readonly #clock: Clock;
  /** The peer must take what fills our side of the connection within this time. */
  readonly #unreadMs: number;
  #valueBytesMax = pduBytesLeast;

  constructor(socket: Socket, clock: Clock, unreadMs: number) {
    this.#socket = socket;
    this.#clock = clock;
    this.#unreadMs = unreadMs;
  }

  /** @param pduBytesMax as the peer declared it; 0: no limit */
  limit(pduBytesMax: number): void {
    const best = pduBytesMax === 0 ? pduBytesBest : Math.min(pduBytesMax, pduBytesBest);
    this.#valueBytesMax = Math.max(best, pduBytesLeast) - pdvHeadBytes;
  }

  /** A PDU that is not data. */
  control(bytes: Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  /** The last word; the connection is closed for writing behind it. */
  end(bytes: Buffer): void {
    if (this.#socket.writable) this.#socket.end(bytes);
  }

  /** Throws BH_DIMSE_ABORTED where the connection has ended, BH_DIMSE_TIMEOUT where the peer does not read. */
  async command(contextId: number, command: Uint8Array): Promise<void> {
    await this.#values(contextId, true, command);
  }

  /** Throws as `command`, and what the data set throws. */
  async dataSet(contextId: number, dataSet: DataSetBytes): Promise<void> {
    if (dataSet instanceof Uint8Array) await this.#values(contextId, false, dataSet);
    else await this.#stream(contextId, dataSet);
  }

  async #values(contextId: number, isCommand: boolean, bytes: Uint8Array): Promise<void> {
    let at = 0;
    do {
      const end = Math.min(at + this.#valueBytesMax, bytes.length);
      await this.#write(contextId, isCommand, end === bytes.length, [bytes.subarray(at, end)], end - at);
      at = end;
    } while (at < bytes.length);
  }

  /** The last value must be marked as such, so a full one waits until more has come. */
  async #stream(contextId: number, source: AsyncIterable<Uint8Array>): Promise<void> {
    let pieces: Uint8Array[] = [];
    let bytesCount = 0;
    for await (const piece of source) {
      let at = 0;
      while (at < piece.length) {
        if (bytesCount === this.#valueBytesMax) {
          await this.#write(contextId, false, false, pieces, bytesCount);
          [pieces, bytesCount] = [[], 0];
        }
        const end = Math.min(at + this.#valueBytesMax - bytesCount, piece.length);
        pieces.push(piece.subarray(at, end));
        bytesCount += end - at;
        at = end;
      }
    }
    await this.#write(contextId, false, true, pieces, bytesCount);
  }

  async #write(
    contextId: number,
    isCommand: boolean,
    isLast: boolean,
    pieces: readonly Uint8Array[],
    bytesCount: number,
  ): Promise<void> {
    if (!this.#socket.writable) throw new BitHiveError('BH_DIMSE_ABORTED', 'the connection has ended');
    const head = Buffer.allocUnsafe(pduHeadBytes + pdvHeadBytes);
    head.writeUInt16BE(pduTypes.data << 8, 0);
    head.writeUInt32BE(bytesCount + pdvHeadBytes, 2);
    head.writeUInt32BE(bytesCount + 2, 6);
    head.writeUInt8(contextId, 10);
    head.writeUInt8((isCommand ? 1 : 0) | (isLast ? 2 : 0), 11);
    // Corked: the head and its bytes leave in one write.
    this.#socket.cork();
    let hasRoom = this.#socket.write(head);
    for (const piece of pieces) hasRoom = this.#socket.write(piece);
    this.#socket.uncork();
    if (!hasRoom) await this.#room();
  }

  async #room(): Promise<void> {
    const socket = this.#socket;
    if (!socket.writableNeedDrain) return;
    let isOver = false;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        cancel();
        socket.off('drain', done).off('close', done);
        resolve();
      };
      const cancel = this.#clock.after(this.#unreadMs, () => {
        isOver = true;
        done();
      });
      socket.once('drain', done).once('close', done);
    });
    if (isOver) throw new BitHiveError('BH_DIMSE_TIMEOUT', `nothing was read within ${this.#unreadMs} ms`);
  }
}
