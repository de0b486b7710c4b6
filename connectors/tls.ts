import type { SecureContextOptions } from 'node:tls';

/** Keys and certificates as PEM, already read: secrets come in by reference through the Keys port, not here. */
export interface TlsMaterial {
  readonly key: string | Uint8Array;
  readonly cert: string | Uint8Array;
  /** Authorities that the other side's certificate must come from. */
  readonly ca?: string | Uint8Array;
}

export interface ListenerTls extends TlsMaterial {
  /** Mutual TLS: a client without a certificate of `ca` is turned away in the handshake. */
  readonly requestClientCert?: boolean;
}

/** The sender's side; `key` and `cert` only where the receiver asks for a client certificate. */
export interface SenderTls extends Partial<TlsMaterial> {
  /** Name in the receiver's certificate when it is not the host that is dialled. */
  readonly serverName?: string;
}

/** TLS 1.2 and above (RFC 9325 3.1.1). */
export function secureContext(material: Partial<TlsMaterial>): SecureContextOptions {
  const pem = (text: string | Uint8Array): string | Buffer =>
    typeof text === 'string' ? text : Buffer.from(text);
  return {
    minVersion: 'TLSv1.2',
    ...(material.key === undefined ? {} : { key: pem(material.key) }),
    ...(material.cert === undefined ? {} : { cert: pem(material.cert) }),
    ...(material.ca === undefined ? {} : { ca: pem(material.ca) }),
  };
}
