import type { LookupFunction } from 'node:net';
import type { Blobs, Clock, Keys, Random } from '../../core/ports/index.ts';

/** How the destination proves who it is. Secrets are references that the Keys port resolves (`file:/path`, `env:NAME`). */
export type FhirAuth =
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  | ClientCredentials
  | SmartBackend;

/** OAuth 2.0 client credentials (RFC 6749 §4.4), client authenticated by HTTP Basic. */
export interface ClientCredentials {
  readonly kind: 'client-credentials';
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string;
}

/** SMART Backend Services (SMART App Launch 2.2, `private_key_jwt`). */
export interface SmartBackend {
  readonly kind: 'smart-backend';
  readonly tokenUrl: string;
  readonly clientId: string;
  /** Reference to a PEM of PKCS#8. */
  readonly privateKey: string;
  readonly keyId: string;
  readonly algorithm: 'RS384' | 'ES384';
  readonly scope: string;
}

export interface FhirTls {
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca?: string;
  /** PEM of the certificate to show (mutual TLS), and the reference of its key. */
  readonly certificate?: string;
  readonly privateKey?: string;
}

export interface FhirDestinationOptions {
  /** FHIR base URL of the server, `https://ehr.example/fhir`. */
  readonly url: string;
  readonly auth?: FhirAuth;
  readonly tls?: FhirTls;
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

export interface FhirDestinationPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly keys: Keys;
  /** Where bodies over the inline limit lie; needed when such are delivered. */
  readonly blobs?: Blobs;
}
