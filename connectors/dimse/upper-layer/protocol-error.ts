import { BitHiveError } from '../../../core/errors.ts';

/** Reasons of A-ABORT with source 2, the service provider (PS3.8 9.3.8). */
export const abortReasons = {
  unspecified: 0,
  unrecognizedPdu: 1,
  unexpectedPdu: 2,
  invalidParameter: 6,
} as const;
export type AbortReason = (typeof abortReasons)[keyof typeof abortReasons];

/** What the peer sent breaks the protocol: the association is aborted with this reason. */
export class ProtocolError extends BitHiveError {
  readonly reason: AbortReason;

  constructor(reason: AbortReason, detail: string) {
    super('BH_DIMSE_PROTOCOL', detail);
    this.reason = reason;
  }
}

export const invalid = (detail: string): ProtocolError =>
  new ProtocolError(abortReasons.invalidParameter, detail);
