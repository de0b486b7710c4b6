import { readAssociateAc, readAssociateRq } from './associate-pdu.ts';
import { type Pdu, type PdvPiece, pduHeadBytes, pduTypes, pdvHeadBytes } from './pdu.ts';
import { abortReasons, invalid, ProtocolError } from './protocol-error.ts';
import { readAbort, readRejection, shortBodyBytes } from './short-pdu.ts';
import type { Patience, SocketReader } from './socket-reader.ts';

export interface PduLimits {
  /** Largest P-DATA-TF that is taken, without its head: what we declare to the peer. */
  readonly dataBytesMax: number;
  readonly associateBytesMax: number;
}

/** The PDV that is being read. */
interface OpenPdv {
  readonly contextId: number;
  readonly isCommand: boolean;
  readonly isLast: boolean;
  leftBytes: number;
}

const commandFlag = 1;
const lastFlag = 2;

/**
 * PDUs off a socket. Data is handed on piece by piece as it comes, never gathered: a PDU that claims four gigabytes is refused by its head,
 * and one within the limit costs no more memory than a chunk of the socket.
 */
export class PduReader {
  readonly #reader: SocketReader;
  readonly #limits: PduLimits;
  /** Of the P-DATA-TF that is being read. */
  #leftBytes = 0;
  #pdv: OpenPdv | null = null;

  constructor(reader: SocketReader, limits: PduLimits) {
    this.#reader = reader;
    this.#limits = limits;
  }

  /** See `SocketReader.readable`. */
  readable(): Promise<void> {
    return this.#reader.readable();
  }

  /** See `SocketReader.allow`. */
  allow(patience: Patience): void {
    this.#reader.allow(patience);
  }

  /** The next PDU, or the next piece of a P-DATA-TF. Throws ProtocolError, BH_DIMSE_ABORTED, BH_DIMSE_TIMEOUT. */
  async next(): Promise<Pdu> {
    if (this.#leftBytes > 0) return this.#piece();
    const head = await this.#reader.exactly(pduHeadBytes);
    const type = head.readUInt8(0);
    const bytesCount = head.readUInt32BE(2);
    if (type === pduTypes.data) return this.#begin(bytesCount);
    if (type === pduTypes.associateRq || type === pduTypes.associateAc) {
      const { associateBytesMax } = this.#limits;
      if (bytesCount > associateBytesMax) throw invalid(`an association PDU of ${bytesCount} bytes`);
      const body = await this.#reader.exactly(bytesCount);
      return type === pduTypes.associateRq
        ? { kind: 'associate-rq', request: readAssociateRq(body) }
        : { kind: 'associate-ac', answer: readAssociateAc(body) };
    }
    return this.#short(type, bytesCount);
  }

  async #short(type: number, bytesCount: number): Promise<Pdu> {
    const isKnown = type >= pduTypes.associateRj && type <= pduTypes.abort;
    if (!isKnown) throw new ProtocolError(abortReasons.unrecognizedPdu, `a PDU of type ${type}`);
    if (bytesCount !== shortBodyBytes) throw invalid(`a PDU of type ${type} with ${bytesCount} bytes`);
    const body = await this.#reader.exactly(shortBodyBytes);
    if (type === pduTypes.associateRj) return { kind: 'associate-rj', rejection: readRejection(body) };
    if (type === pduTypes.releaseRq) return { kind: 'release-rq' };
    if (type === pduTypes.releaseRp) return { kind: 'release-rp' };
    return { kind: 'abort', abort: readAbort(body) };
  }

  #begin(bytesCount: number): Promise<Pdu> {
    const { dataBytesMax } = this.#limits;
    if (bytesCount > dataBytesMax) throw invalid(`a P-DATA-TF of ${bytesCount} bytes, over ${dataBytesMax}`);
    if (bytesCount < pdvHeadBytes) throw invalid('a P-DATA-TF without a presentation data value');
    this.#leftBytes = bytesCount;
    return this.#piece();
  }

  async #piece(): Promise<Pdu> {
    this.#pdv ??= await this.#readPdvHead();
    const pdv = this.#pdv;
    const bytes = pdv.leftBytes === 0 ? Buffer.alloc(0) : await this.#reader.some(pdv.leftBytes);
    pdv.leftBytes -= bytes.length;
    this.#leftBytes -= bytes.length;
    const isWhole = pdv.leftBytes === 0;
    if (isWhole) this.#pdv = null;
    const { contextId, isCommand, isLast } = pdv;
    const piece: PdvPiece = { contextId, isCommand, isEnd: isLast && isWhole, bytes };
    return { kind: 'data', piece };
  }

  async #readPdvHead(): Promise<OpenPdv> {
    if (this.#leftBytes < pdvHeadBytes) throw invalid('bytes between presentation data values');
    const head = await this.#reader.exactly(pdvHeadBytes);
    // The length counts the context id and the control header.
    const leftBytes = head.readUInt32BE(0) - 2;
    this.#leftBytes -= pdvHeadBytes;
    if (leftBytes < 0 || leftBytes > this.#leftBytes) {
      throw invalid('a presentation data value of another length than its PDU');
    }
    const control = head.readUInt8(5);
    return {
      contextId: head.readUInt8(4),
      isCommand: (control & commandFlag) !== 0,
      isLast: (control & lastFlag) !== 0,
      leftBytes,
    };
  }
}
