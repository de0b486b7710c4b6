import type { Socket } from 'node:net';
import { BitHiveError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import type { Clock } from '../../../core/ports/index.ts';
import { implementationClassUid, implementationVersionName } from '../../../formats/dicom/index.ts';
import { writeAssociateAc } from './associate-pdu.ts';
import { Association } from './association.ts';
import { closeSocket } from './close-socket.ts';
import { type AssociateRq, applicationContext, type Rejection } from './pdu.ts';
import { PduReader } from './pdu-reader.ts';
import { PduWriter } from './pdu-writer.ts';
import { agreedRoles, type ContextRules, negotiate } from './presentation-context.ts';
import { abortReasons, ProtocolError } from './protocol-error.ts';
import { rejectionText, writeAbort, writeRejection } from './short-pdu.ts';
import { SocketReader } from './socket-reader.ts';

export interface AcceptorOptions {
  readonly clock: Clock;
  readonly rules: ContextRules;
  /** Who may not come, and why; null: may. */
  readonly judge: (request: AssociateRq) => Rejection | null;
  readonly pduBytesMax: number;
  readonly artimMs: number;
  readonly progressMs: number;
}

/**
 * Waits for the association request on a new connection and answers it (PS3.8 9.2, states 2 and 3).
 *
 * @throws BH_DIMSE_PROTOCOL, BH_DIMSE_TIMEOUT after an A-ABORT, BH_DIMSE_REJECTED after an A-ASSOCIATE-RJ, BH_DIMSE_ABORTED
 */
export async function acceptAssociation(socket: Socket, options: AcceptorOptions): Promise<Association> {
  const { clock, artimMs, pduBytesMax, progressMs, rules } = options;
  const bytes = new SocketReader(socket, clock);
  const reader = new PduReader(bytes, {
    dataBytesMax: pduBytesMax,
    associateBytesMax: limits.dimseAssociateBytesMax,
  });
  const writer = new PduWriter(socket, clock, progressMs);
  try {
    const request = await readRequest(reader, artimMs);
    const rejection = unsupported(request) ?? options.judge(request);
    if (rejection !== null) {
      writer.control(writeRejection(rejection));
      throw new BitHiveError('BH_DIMSE_REJECTED', `${request.callingAe}: ${rejectionText(rejection)}`);
    }
    const { answers, contexts } = negotiate(request.contexts, rules);
    const { calledAe, callingAe } = request;
    const roles = agreedRoles(request.user.roles, (uid) => rules.isSupported(uid));
    const user = { implementationClassUid, implementationVersionName, pduBytesMax, roles };
    writer.limit(request.user.pduBytesMax);
    writer.control(writeAssociateAc({ calledAe, callingAe, contexts: answers, user }, applicationContext));
    const parts = { socket, reader, writer, clock, contexts, progressMs };
    return new Association({ ...parts, localAe: calledAe, remoteAe: callingAe });
  } catch (error) {
    const reason = error instanceof ProtocolError ? error.reason : abortReasons.unspecified;
    const isRejected = error instanceof BitHiveError && error.code === 'BH_DIMSE_REJECTED';
    if (!isRejected) writer.control(writeAbort({ source: 2, reason }));
    closeSocket(socket, clock, artimMs);
    throw error;
  }
}

async function readRequest(reader: PduReader, artimMs: number): Promise<AssociateRq> {
  reader.allow({ ms: artimMs });
  const pdu = await reader.next();
  if (pdu.kind === 'associate-rq') return pdu.request;
  if (pdu.kind === 'abort') throw new BitHiveError('BH_DIMSE_ABORTED', 'the peer aborted');
  throw new ProtocolError(abortReasons.unexpectedPdu, `${pdu.kind} before an association`);
}

/** What no acceptor of this kind can serve (PS3.8 9.3.2, 9.3.4). */
function unsupported(request: AssociateRq): Rejection | null {
  if ((request.protocolVersion & 1) === 0) return { result: 1, source: 2, reason: 2 };
  if (request.applicationContext !== applicationContext) return { result: 1, source: 1, reason: 2 };
  return null;
}
