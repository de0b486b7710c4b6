import type { FastifyInstance } from 'fastify';
import type { Source } from '../core/ports/index.ts';

/**
 * A source behind the shared HTTP listener. `server/http` owns the socket, credentials, Host and Origin checks and time
 * limits, and mounts the routes before it listens; `start` then opens the door and `stop` closes it.
 */
export interface HttpSource extends Source {
  /** Mount point, for the ready line: `/dicomweb`, `/fhir`. */
  readonly path: string;
  register(app: FastifyInstance): void;
}
