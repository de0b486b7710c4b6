import type { LookupFunction } from 'node:net';
import type { Blobs } from '../../core/ports/index.ts';
import type { CredentialPorts, HttpAuth, HttpTls } from '../http/http-auth.ts';

export interface FhirDestinationOptions {
  /** FHIR base URL of the server, `https://ehr.example/fhir`. */
  readonly url: string;
  readonly auth?: HttpAuth;
  readonly tls?: HttpTls;
  /** Requests in flight at most. Default 4. */
  readonly concurrency?: number;
  readonly connectTimeoutMs?: number;
  /** Whole exchange, from the first byte sent to the last byte of the answer. */
  readonly requestTimeoutMs?: number;
  /** Bytes of an answer that are kept; a longer one is noted as such. */
  readonly answerBytesMax?: number;
  /** Send bodies over 1 KB with Content-Encoding gzip. Default false: not every server takes it. */
  readonly gzip?: boolean;
  /** How names become addresses; the place where an allow-list of networks is kept. Absent: as the system does it. */
  readonly lookup?: LookupFunction;
  readonly headers?: { readonly [name: string]: string };
  /** Attempts that may end in 409 or 412 before a conditional write is given up. Default 5. */
  readonly conflictAttemptsMax?: number;
  readonly ports: FhirDestinationPorts;
}

export interface FhirDestinationPorts extends CredentialPorts {
  /** Where bodies over the inline limit lie; needed when such are delivered. */
  readonly blobs?: Blobs;
}
