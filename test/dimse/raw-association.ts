import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { elements, readCommand, storeRq } from './command-bytes.ts';
import {
  type AssociateFields,
  associateRq,
  dataPdus,
  type ProposedContext,
  pduTypes,
  releaseRq,
} from './pdu-bytes.ts';

export interface ReceivedPdu {
  readonly type: number;
  readonly body: Buffer;
}

/** What the peer did: a PDU, an end of the connection, or nothing for so long. */
export type Heard = ReceivedPdu | 'closed' | 'silence';

const silenceMs = 10_000;

/** One connection to a DICOM node, on which any bytes can be sent. */
export class RawAssociation {
  readonly #socket: Socket;
  #buffer: Buffer = Buffer.alloc(0);
  #isClosed = false;
  #wake: () => void = () => {};
  #messageId = 0;
  /** The peer's limit, once it has accepted. */
  maximumLength = 16_384;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
      this.#wake();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  /** @throws when nobody listens */
  static async connect(port: number): Promise<RawAssociation> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new RawAssociation(socket);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Resolves when the kernel has taken the bytes, or the connection has ended. */
  async send(bytes: Uint8Array): Promise<void> {
    if (this.#isClosed || this.#socket.destroyed) return;
    if (this.#socket.write(bytes)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#socket.off('drain', done).off('close', done);
        resolve();
      };
      this.#socket.on('drain', done).on('close', done);
    });
  }

  async hear(withinMs = silenceMs): Promise<Heard> {
    const endMs = performance.now() + withinMs;
    for (;;) {
      const pdu = this.#take();
      if (pdu !== null) return pdu;
      if (this.#isClosed) return 'closed';
      const leftMs = endMs - performance.now();
      if (leftMs <= 0) return 'silence';
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  #take(): ReceivedPdu | null {
    if (this.#buffer.length < 6) return null;
    const length = this.#buffer.readUInt32BE(2);
    if (this.#buffer.length < 6 + length) return null;
    const pdu = { type: this.#buffer.readUInt8(0), body: this.#buffer.subarray(6, 6 + length) };
    this.#buffer = this.#buffer.subarray(6 + length);
    return pdu;
  }

  /** The result of each proposed context by its id (0: accepted); null when there is no association. */
  async associate(fields: AssociateFields): Promise<ReadonlyMap<number, number> | null> {
    await this.send(associateRq(fields));
    const heard = await this.hear();
    if (typeof heard === 'string' || heard.type !== pduTypes.associateAc) return null;
    const results = new Map<number, number>();
    for (const [type, body] of itemsOf(heard.body.subarray(68))) {
      if (type === 0x21) results.set(body.readUInt8(0), body.readUInt8(2));
      if (type !== 0x50) continue;
      const limit = [...itemsOf(body)].find(([inner]) => inner === 0x51)?.[1].readUInt32BE(0) ?? 0;
      this.maximumLength = limit === 0 ? 65_536 : Math.min(limit, 131_072);
    }
    return results;
  }

  /** Sends an object; the status of the answer, or null when there is none. */
  async store(context: ProposedContext, sopInstanceUid: string, dataSet: Uint8Array): Promise<number | null> {
    this.#messageId = (this.#messageId % 65_535) + 1;
    const command = storeRq(this.#messageId, context.abstractSyntax, sopInstanceUid);
    for (const pdu of dataPdus(context.id, true, command, this.maximumLength)) await this.send(pdu);
    for (const pdu of dataPdus(context.id, false, dataSet, this.maximumLength)) await this.send(pdu);
    return this.status();
  }

  /** The status of the next response. */
  async status(withinMs = silenceMs): Promise<number | null> {
    const heard = await this.hear(withinMs);
    if (typeof heard === 'string' || heard.type !== pduTypes.data) return null;
    return readCommand(heard.body.subarray(6)).get(elements.status) ?? null;
  }

  async release(): Promise<void> {
    await this.send(releaseRq());
    await this.hear(1_000);
    this.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

function* itemsOf(bytes: Buffer): Generator<readonly [number, Buffer]> {
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16BE(at + 2);
    yield [bytes.readUInt8(at), bytes.subarray(at + 4, at + 4 + length)];
    at += 4 + length;
  }
}
