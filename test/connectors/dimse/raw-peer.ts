import { connect, type Socket } from 'node:net';
import { commandFields } from '../../../connectors/dimse/message/command-fields.ts';
import {
  type CommandSet,
  readCommandSet,
  writeCommandSet,
} from '../../../connectors/dimse/message/command-set.ts';
import { readAssociateAc, writeAssociateRq } from '../../../connectors/dimse/upper-layer/associate-pdu.ts';
import {
  type AssociateAc,
  type AssociateRq,
  applicationContext,
  type ProposedContext,
} from '../../../connectors/dimse/upper-layer/pdu.ts';
import { until } from '../../until.ts';
import { type ObjectFields, objectBytes } from '../dicomweb/object-bytes.ts';

export const ctImage = '1.2.840.10008.5.1.4.1.1.2';
export const verification = '1.2.840.10008.1.1';
export const explicitLittleEndian = '1.2.840.10008.1.2.1';

export const ctContext: ProposedContext = {
  id: 1,
  abstractSyntax: ctImage,
  transferSyntaxes: [explicitLittleEndian],
};
export const echoContext: ProposedContext = {
  id: 3,
  abstractSyntax: verification,
  transferSyntaxes: ['1.2.840.10008.1.2'],
};

export const requestOf = (changed: Partial<AssociateRq> = {}): AssociateRq => ({
  protocolVersion: 1,
  applicationContext,
  calledAe: 'BITHIVE',
  callingAe: 'MODALITY',
  contexts: [ctContext, echoContext],
  user: { pduBytesMax: 16_384, implementationClassUid: '1.2.3', roles: [] },
  ...changed,
});

/** An object as it goes over an association: without preamble and group 0002. */
export function dataSetOf(fields: ObjectFields = {}): Buffer {
  const file = objectBytes(fields);
  return file.subarray(144 + file.readUInt32LE(140));
}

export const storeRq = (changed: Partial<CommandSet> = {}): CommandSet => ({
  commandField: commandFields.cStoreRq,
  messageId: 7,
  priority: 0,
  affectedSopClassUid: ctImage,
  affectedSopInstanceUid: '1.2.3.4',
  hasDataSet: true,
  ...changed,
});

export const echoRq: CommandSet = {
  commandField: commandFields.cEchoRq,
  messageId: 9,
  affectedSopClassUid: verification,
  hasDataSet: false,
};

/** A P-DATA-TF with one presentation data value. */
export function pdataOf(contextId: number, isCommand: boolean, isLast: boolean, bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt8(4, 0);
  head.writeUInt32BE(bytes.length + 6, 2);
  head.writeUInt32BE(bytes.length + 2, 6);
  head.writeUInt8(contextId, 10);
  head.writeUInt8((isCommand ? 1 : 0) | (isLast ? 2 : 0), 11);
  return Buffer.concat([head, bytes]);
}

export const commandOf = (contextId: number, command: CommandSet): Buffer =>
  pdataOf(contextId, true, true, writeCommandSet(command));

/** A whole C-STORE. */
export const storeOf = (dataSet: Buffer, command = storeRq()): Buffer =>
  Buffer.concat([commandOf(1, command), pdataOf(1, false, true, dataSet)]);

export interface RawPdu {
  readonly type: number;
  readonly body: Buffer;
}

/** A peer that sends what it is told to, byte by byte if need be, and shows the PDUs that it gets. */
export class RawPeer {
  readonly socket: Socket;
  readonly pdus: RawPdu[] = [];
  hasEnded = false;
  #bytes = Buffer.alloc(0);
  #taken = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.#received(chunk));
    socket.on('end', () => {
      this.hasEnded = true;
    });
    socket.on('close', () => {
      this.hasEnded = true;
    });
    // A reset is an end, too; the tests look at what came before.
    socket.on('error', () => {
      this.hasEnded = true;
    });
  }

  static async connect(port: number): Promise<RawPeer> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    await new Promise((resolve) => socket.once('connect', resolve));
    return new RawPeer(socket);
  }

  /** With an association. */
  static async associate(port: number, changed: Partial<AssociateRq> = {}): Promise<[RawPeer, AssociateAc]> {
    const peer = await RawPeer.connect(port);
    peer.send(writeAssociateRq(requestOf(changed)));
    const pdu = await peer.next();
    if (pdu?.type !== 2) throw new TypeError(`answered with a PDU of type ${pdu?.type}`);
    return [peer, readAssociateAc(pdu.body)];
  }

  send(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  async trickle(bytes: Uint8Array): Promise<void> {
    for (const byte of bytes) {
      await new Promise((sent) => this.socket.write(Uint8Array.of(byte), sent));
    }
  }

  /** The next PDU; null when the connection ends before. */
  async next(): Promise<RawPdu | null> {
    const found = await until(() => this.pdus[this.#taken] ?? (this.hasEnded ? null : undefined));
    if (found !== null) this.#taken += 1;
    return found;
  }

  /** The command of the next PDU. */
  async answer(): Promise<CommandSet> {
    const pdu = await this.next();
    if (pdu?.type !== 4) throw new TypeError(`a PDU of type ${pdu?.type}, ${pdu?.body.toString('hex')}`);
    return readCommandSet(pdu.body.subarray(6));
  }

  /** Type and body of the next PDU, as `3 00 01 01 07`; `end` where there is none. */
  async words(): Promise<string> {
    const pdu = await this.next();
    return pdu === null ? 'end' : `${pdu.type} ${[...pdu.body].map((byte) => byte.toString(16)).join(' ')}`;
  }

  close(): void {
    this.socket.destroy();
  }

  #received(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    while (this.#bytes.length >= 6 && this.#bytes.length >= 6 + this.#bytes.readUInt32BE(2)) {
      const end = 6 + this.#bytes.readUInt32BE(2);
      this.pdus.push({ type: this.#bytes.readUInt8(0), body: this.#bytes.subarray(6, end) });
      this.#bytes = this.#bytes.subarray(end);
    }
  }
}
