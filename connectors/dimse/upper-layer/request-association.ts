import { connect as connectTcp, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { BitHiveError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import type { Clock } from '../../../core/ports/index.ts';
import { implementationClassUid, implementationVersionName } from '../../../formats/dicom/index.ts';
import { type SenderTls, secureContext } from '../../tls.ts';
import { writeAssociateRq } from './associate-pdu.ts';
import { Association } from './association.ts';
import { closeSocket } from './close-socket.ts';
import { type AssociateAc, applicationContext, type ProposedContext, type RoleSelection } from './pdu.ts';
import { PduReader } from './pdu-reader.ts';
import { PduWriter } from './pdu-writer.ts';
import { agreed } from './presentation-context.ts';
import { abortReasons, ProtocolError } from './protocol-error.ts';
import { rejectionText, writeAbort } from './short-pdu.ts';
import { SocketReader } from './socket-reader.ts';

/** A DICOM node that the engine calls. */
export interface RemoteNode {
  readonly host: string;
  readonly port: number;
  readonly tls?: SenderTls;
  /** How names become addresses; the place where an allow-list of networks is kept. Absent: as the system does it. */
  readonly lookup?: LookupFunction;
  readonly calledAe: string;
  readonly callingAe: string;
}

export interface RequestorOptions {
  readonly contexts: readonly ProposedContext[];
  /** What we want to be, where it is not the SCU (PS3.7 D.3.3.4). */
  readonly roles?: readonly RoleSelection[];
  readonly clock: Clock;
  readonly connectMs?: number;
  /** For the answer to the request. */
  readonly answerMs?: number;
  /** For what we send to be taken, and for data sets to go on. */
  readonly progressMs?: number;
  /** Aborts the association. */
  readonly signal?: AbortSignal;
}

/**
 * Opens an association (PS3.8 9.2, states 4 and 5). Which contexts were accepted is in its `contexts`.
 *
 * @throws BH_DELIVERY_UNREACHABLE, BH_DIMSE_REJECTED, BH_DIMSE_ABORTED, BH_DIMSE_PROTOCOL, BH_DIMSE_TIMEOUT; BH_STOPPING on the signal
 */
export async function requestAssociation(node: RemoteNode, options: RequestorOptions): Promise<Association> {
  const { clock, contexts, roles = [], signal } = options;
  const progressMs = options.progressMs ?? limits.dimseProgressMs;
  const socket = await connected(node, options);
  const reader = new PduReader(new SocketReader(socket, clock), {
    dataBytesMax: limits.dimsePduBytesMax,
    associateBytesMax: limits.dimseAssociateBytesMax,
  });
  const writer = new PduWriter(socket, clock, progressMs);
  const stop = (): void => {
    socket.destroy();
  };
  signal?.addEventListener('abort', stop, { once: true });
  socket.once('close', () => signal?.removeEventListener('abort', stop));
  const { calledAe, callingAe } = node;
  const user = {
    implementationClassUid,
    implementationVersionName,
    pduBytesMax: limits.dimsePduBytesMax,
    roles,
  };
  const names = { calledAe, callingAe, protocolVersion: 1, applicationContext };
  writer.control(writeAssociateRq({ ...names, contexts, user }));
  try {
    const answer = await readAnswer(reader, options.answerMs ?? limits.dimseAnswerMs);
    writer.limit(answer.user.pduBytesMax);
    const parts = { socket, reader, writer, clock, progressMs, localAe: callingAe, remoteAe: calledAe };
    return new Association({ ...parts, contexts: agreed(contexts, answer.contexts) });
  } catch (error) {
    const reason = error instanceof ProtocolError ? error.reason : abortReasons.unspecified;
    const isRejected = error instanceof BitHiveError && error.code === 'BH_DIMSE_REJECTED';
    if (!isRejected) writer.control(writeAbort({ source: 2, reason }));
    closeSocket(socket, clock, 0);
    if (signal?.aborted) throw new BitHiveError('BH_STOPPING', 'stopped', { cause: error });
    throw error;
  }
}

async function readAnswer(reader: PduReader, answerMs: number): Promise<AssociateAc> {
  reader.allow({ ms: answerMs });
  const pdu = await reader.next();
  switch (pdu.kind) {
    case 'associate-ac':
      return pdu.answer;
    case 'associate-rj':
      throw new BitHiveError('BH_DIMSE_REJECTED', rejectionText(pdu.rejection));
    case 'abort':
      throw new BitHiveError('BH_DIMSE_ABORTED', 'the peer aborted instead of an answer');
    default:
      throw new ProtocolError(abortReasons.unexpectedPdu, `${pdu.kind} where an answer was to come`);
  }
}

const connectMsDefault = 10_000;

async function connected(node: RemoteNode, options: RequestorOptions): Promise<Socket> {
  const { host, port, tls, lookup } = node;
  const { clock, connectMs = connectMsDefault, signal } = options;
  const to = { host, port, ...(lookup === undefined ? {} : { lookup }) };
  const socket =
    tls === undefined
      ? connectTcp(to)
      : connectTls({ ...to, ...secureContext(tls), ...serverNameOf(tls.serverName ?? host) });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 60_000);
  await new Promise<void>((resolve, reject) => {
    const fail = (reason: string, code: 'BH_DELIVERY_UNREACHABLE' | 'BH_STOPPING'): void => {
      socket.destroy();
      reject(new BitHiveError(code, reason));
    };
    const stopTimer = clock.after(connectMs, () =>
      fail(`no connection within ${connectMs} ms`, 'BH_DELIVERY_UNREACHABLE'),
    );
    const aborted = (): void => fail('stopped', 'BH_STOPPING');
    signal?.addEventListener('abort', aborted, { once: true });
    if (signal?.aborted) aborted();
    const settled = (): void => {
      stopTimer();
      signal?.removeEventListener('abort', aborted);
    };
    socket.once('error', (error) => fail(error.message, 'BH_DELIVERY_UNREACHABLE'));
    socket.once('close', settled);
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      settled();
      resolve();
    });
  });
  socket.removeAllListeners('error');
  return socket;
}

/** An address is no name: TLS forbids it as server name, and the certificate is then checked against the host. */
function serverNameOf(name: string): { servername?: string } {
  return /^[\d.]+$|:/.test(name) ? {} : { servername: name };
}
