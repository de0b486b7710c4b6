import type { Socket } from 'node:net';
import { assert } from '../../../core/assert.ts';
import { BitHiveError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import type { Clock } from '../../../core/ports/index.ts';
import { type CommandSet, readCommandSet, writeCommandSet } from '../message/command-set.ts';
import { closeSocket } from './close-socket.ts';
import { type Pdu, type PdvPiece, pdvHeadBytes } from './pdu.ts';
import type { PduReader } from './pdu-reader.ts';
import type { DataSetBytes, PduWriter } from './pdu-writer.ts';
import type { PresentationContext } from './presentation-context.ts';
import { abortReasons, invalid, ProtocolError } from './protocol-error.ts';
import { writeAbort, writeReleaseRp, writeReleaseRq } from './short-pdu.ts';

/** A command, with its data set as it comes. */
export interface DimseMessage {
  readonly context: PresentationContext;
  readonly command: CommandSet;
  /** Null where the command has none. What is not taken of it is dropped when the next message is read. */
  readonly dataSet: AsyncGenerator<Uint8Array, void, undefined> | null;
}

export interface AssociationParts {
  readonly socket: Socket;
  readonly reader: PduReader;
  readonly writer: PduWriter;
  readonly clock: Clock;
  readonly localAe: string;
  readonly remoteAe: string;
  readonly contexts: ReadonlyMap<number, PresentationContext>;
  /** A data set must end or bring `limits.dimseProgressBytesMin` within so much time of waiting. */
  readonly progressMs: number;
}

const lingerMs = 1_000;

/**
 * An association after its negotiation (PS3.8 9.2, states 6 to 13). Whatever breaks the protocol, and silence, ends it with an A-ABORT
 * before the error is thrown.
 */
export class Association {
  readonly localAe: string;
  readonly remoteAe: string;
  readonly contexts: ReadonlyMap<number, PresentationContext>;
  readonly #parts: AssociationParts;
  #hasEnded = false;
  /** Context of the data set that is being read. */
  #dataSetContext: number | null = null;
  #sending: Promise<void> = Promise.resolve();
  #lastMessageId = 0;

  constructor(parts: AssociationParts) {
    this.#parts = parts;
    this.localAe = parts.localAe;
    this.remoteAe = parts.remoteAe;
    this.contexts = parts.contexts;
    parts.socket.once('close', () => {
      this.#hasEnded = true;
    });
  }

  /** Released, aborted or cut off. */
  get hasEnded(): boolean {
    return this.#hasEnded || !this.#parts.socket.writable;
  }

  /** Resolves when the peer has something to say, or the association has ended. `readMessage` tells which. */
  readable(): Promise<void> {
    return this.#parts.reader.readable();
  }

  /** A Message ID (0000,0110) that no request in flight has. */
  nextMessageId(): number {
    this.#lastMessageId = (this.#lastMessageId % 0xffff) + 1;
    return this.#lastMessageId;
  }

  /** The context of an abstract syntax that was agreed to, the first that `suits`. */
  contextFor(
    abstractSyntax: string,
    suits: (context: PresentationContext) => boolean = () => true,
  ): PresentationContext | undefined {
    for (const context of this.contexts.values()) {
      if (context.abstractSyntax === abstractSyntax && suits(context)) return context;
    }
    return undefined;
  }

  /**
   * The next message; null when the peer has released the association, which is answered.
   *
   * @param waitMs for its command to be there as a whole
   * @throws BH_DIMSE_PROTOCOL, BH_DIMSE_TIMEOUT, BH_DIMSE_ABORTED; the association has ended then
   */
  async readMessage(waitMs: number): Promise<DimseMessage | null> {
    await this.#dropDataSet();
    this.#parts.reader.allow({ ms: waitMs });
    const command = await this.#ended(this.#readCommand());
    if (command === null) return null;
    const { context, bytes } = command;
    const set = await this.#ended(async () => readCommandSet(bytes));
    if (set.hasDataSet) this.#dataSetContext = context.id;
    return { context, command: set, dataSet: set.hasDataSet ? this.#readDataSet(context.id) : null };
  }

  /** Sends a command and its data set; one at a time, in the order of the calls. Throws BH_DIMSE_ABORTED, BH_DIMSE_TIMEOUT. */
  send(context: PresentationContext, command: CommandSet, dataSet?: DataSetBytes): Promise<void> {
    assert(command.hasDataSet === (dataSet !== undefined), 'a command says whether its data set follows');
    const { writer } = this.#parts;
    const sent = this.#sending.then(async () => {
      await writer.command(context.id, writeCommandSet(command));
      if (dataSet !== undefined) await writer.dataSet(context.id, dataSet);
    });
    // The next one fails by itself where this one did.
    this.#sending = sent.then(
      () => {},
      () => {},
    );
    return this.#ended(sent);
  }

  /** Asks the peer to end, waits for its word and closes. Never rejects: an end that nobody answers is one. */
  async release(waitMs: number): Promise<void> {
    if (this.hasEnded) return;
    const { reader, writer } = this.#parts;
    writer.control(writeReleaseRq());
    try {
      reader.allow({ ms: waitMs });
      for (;;) {
        const pdu = await reader.next();
        if (pdu.kind === 'release-rp' || pdu.kind === 'abort') break;
        // Both asked at once (PS3.8 9.2, states 9 to 12).
        if (pdu.kind === 'release-rq') writer.control(writeReleaseRp());
      }
    } catch (error) {
      if (!(error instanceof BitHiveError)) throw error;
    }
    this.#close();
  }

  /** @param source 0: service user; 2: service provider (PS3.8 9.3.8) */
  abort(source: 0 | 2 = 0, reason: number = abortReasons.unspecified): void {
    if (this.hasEnded) return;
    this.#parts.writer.control(writeAbort({ source, reason }));
    this.#close();
  }

  #close(): void {
    this.#hasEnded = true;
    closeSocket(this.#parts.socket, this.#parts.clock, lingerMs);
  }

  /** What fails ends the association: the peer's fault and its silence by A-ABORT, the rest is cut off already. */
  async #ended<T>(work: Promise<T> | (() => Promise<T>)): Promise<T> {
    try {
      return await (typeof work === 'function' ? work() : work);
    } catch (error) {
      if (error instanceof ProtocolError) this.abort(2, error.reason);
      else this.abort(2);
      throw error;
    }
  }

  async #readCommand(): Promise<{ context: PresentationContext; bytes: Buffer } | null> {
    const pieces: Uint8Array[] = [];
    let bytesCount = 0;
    let contextId: number | undefined;
    for (;;) {
      const pdu = await this.#parts.reader.next();
      if (pdu.kind === 'release-rq' && contextId === undefined) {
        this.#parts.writer.control(writeReleaseRp());
        this.#close();
        return null;
      }
      const piece = pieceOf(pdu);
      contextId ??= piece.contextId;
      if (!piece.isCommand || piece.contextId !== contextId) throw invalid('a command was to come');
      // The head counts, too: fragments of nothing, without an end, would pile up for ever.
      bytesCount += pdvHeadBytes + piece.bytes.length;
      if (bytesCount > limits.dimseCommandBytesMax) throw invalid('a command set over the limit');
      pieces.push(piece.bytes);
      if (!piece.isEnd) continue;
      const context = this.contexts.get(contextId);
      if (context === undefined) throw invalid(`no presentation context ${contextId} was accepted`);
      return { context, bytes: Buffer.concat(pieces) };
    }
  }

  async *#readDataSet(contextId: number): AsyncGenerator<Uint8Array, void, undefined> {
    const { reader, progressMs } = this.#parts;
    reader.allow({ ms: progressMs, perBytes: limits.dimseProgressBytesMin });
    while (this.#dataSetContext !== null) {
      const piece = await this.#ended(async () => {
        const one = pieceOf(await reader.next());
        if (one.isCommand || one.contextId !== contextId) throw invalid('a data set was to go on');
        return one;
      });
      if (piece.isEnd) this.#dataSetContext = null;
      if (piece.bytes.length > 0) yield piece.bytes;
    }
  }

  async #dropDataSet(): Promise<void> {
    if (this.#dataSetContext === null) return;
    for await (const _ of this.#readDataSet(this.#dataSetContext));
  }
}

function pieceOf(pdu: Pdu): PdvPiece {
  if (pdu.kind === 'data') return pdu.piece;
  if (pdu.kind === 'abort') {
    const { source, reason } = pdu.abort;
    throw new BitHiveError('BH_DIMSE_ABORTED', `the peer aborted (source ${source}, reason ${reason})`);
  }
  throw new ProtocolError(abortReasons.unexpectedPdu, `${pdu.kind} where data was to come`);
}
