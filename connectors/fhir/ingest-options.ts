import type { FastifyRequest } from 'fastify';
import type { Blobs, Clock, Logger, Metrics } from '../../core/ports/index.ts';

export interface FhirIngestOptions {
  /** Mount point, `/fhir` unless told. */
  readonly path?: string;
  /** Of the engine, for the CapabilityStatement. */
  readonly version: string;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Who sends: the subject of the token. The remote address when it is left out or gives ''. */
  readonly senderOf?: (request: FastifyRequest) => string;
  /** A Subscription notified without a body: who polls that server may look now. */
  readonly pinged?: (subscription: string) => void;
  /** Largest body, as sent and as unpacked. Default `limits.httpBodyBytesMax`. */
  readonly bodyBytesMax?: number;
  /** Requests at once, past which the answer is 503. Default `limits.fhirRequestsMax`. */
  readonly requestsMax?: number;
}
