import type { Clock, Keys, Random } from '../../core/ports/index.ts';

/** How a client proves who it is. Secrets are references that the Keys port resolves (`file:/path`, `env:NAME`). */
export type HttpAuth =
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

export interface HttpTls {
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca?: string;
  /** PEM of the certificate to show (mutual TLS), and the reference of its key. */
  readonly certificate?: string;
  readonly privateKey?: string;
}

/** What credentials are made with. */
export interface CredentialPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly keys: Keys;
}
