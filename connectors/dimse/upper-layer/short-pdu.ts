import { type Abort, pduTypes, type Rejection } from './pdu.ts';
import { invalid } from './protocol-error.ts';

/** The four PDUs whose body has four bytes (PS3.8 9.3.4, 9.3.6 to 9.3.8). */
export const shortBodyBytes = 4;

const short = (type: number, ...body: readonly [number, number, number, number]): Buffer =>
  Buffer.from([type, 0, 0, 0, 0, shortBodyBytes, ...body]);

export const writeRejection = ({ result, source, reason }: Rejection): Buffer =>
  short(pduTypes.associateRj, 0, result, source, reason);
export const writeReleaseRq = (): Buffer => short(pduTypes.releaseRq, 0, 0, 0, 0);
export const writeReleaseRp = (): Buffer => short(pduTypes.releaseRp, 0, 0, 0, 0);
export const writeAbort = ({ source, reason }: Abort): Buffer => short(pduTypes.abort, 0, 0, source, reason);

/** @param body of four bytes. Throws ProtocolError for a result that does not exist. */
export function readRejection(body: Buffer): Rejection {
  const result = body.readUInt8(1);
  if (result !== 1 && result !== 2) throw invalid(`a rejection with result ${result}`);
  return { result, source: body.readUInt8(2), reason: body.readUInt8(3) };
}

export const readAbort = (body: Buffer): Abort => ({ source: body.readUInt8(2), reason: body.readUInt8(3) });

const reasons: Readonly<Record<string, string>> = {
  '1.1': 'no reason',
  '1.2': 'application context not supported',
  '1.3': 'calling AE title not recognized',
  '1.7': 'called AE title not recognized',
  '2.1': 'no reason',
  '2.2': 'protocol version not supported',
  '3.1': 'temporary congestion',
  '3.2': 'local limit exceeded',
};

/** A rejection in words (PS3.8 table 9-21). */
export function rejectionText({ result, source, reason }: Rejection): string {
  const words = reasons[`${source}.${reason}`] ?? `source ${source}, reason ${reason}`;
  return `association rejected ${result === 1 ? 'for good' : 'for now'}: ${words}`;
}
