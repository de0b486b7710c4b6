import type { FastifyRequest } from 'fastify';
import { limits } from '../../core/limits.ts';
import type { Blobs, Clock, Logger, Metrics } from '../../core/ports/index.ts';

export interface StowLimits {
  readonly bodyBytesMax: number;
  readonly partBytesMax: number;
  readonly partsMax: number;
  readonly partHeaderBytesMax: number;
  /** Time of waiting for the client within which a body must end or bring `progressBytesMin`; else it is given up. */
  readonly idleMs: number;
  readonly progressBytesMin: number;
  readonly requestsMax: number;
  readonly finishingMax: number;
  readonly diskFreeBytesMin: number;
}

export const stowLimits: StowLimits = {
  bodyBytesMax: limits.stowBodyBytesMax,
  partBytesMax: limits.stowPartBytesMax,
  partsMax: limits.stowPartsMax,
  partHeaderBytesMax: limits.stowPartHeaderBytesMax,
  idleMs: limits.stowIdleMs,
  progressBytesMin: limits.stowProgressBytesMin,
  requestsMax: limits.stowRequestsMax,
  finishingMax: limits.stowFinishingMax,
  diskFreeBytesMin: limits.diskFreeBytesMin,
};

export interface StowOptions {
  /** Mount point, `/dicomweb` unless told. */
  readonly path?: string;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Who sends: the subject of the token. The remote address when it is left out or gives ''. */
  readonly senderOf?: (request: FastifyRequest) => string;
  /** Root of the URLs in the answer, as clients reach it; taken from the request when left out. */
  readonly baseUrl?: string;
  readonly limits?: Partial<StowLimits>;
}
