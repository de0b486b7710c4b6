import type { SecureContextOptions } from 'node:tls';
import type { Clock, Keys, Logger } from '../../core/ports/index.ts';
import { loadTls, type TlsMaterial, type TlsReferences, tlsFingerprint } from './tls-material.ts';

export interface TlsRenewal {
  readonly references: TlsReferences;
  readonly keys: Keys;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly inForce: TlsMaterial;
  readonly server: { setSecureContext(options: SecureContextOptions): void };
}

const lookEveryMs = 60_000;

/**
 * Takes a renewed certificate into use without closing a connection. Files are looked at once a minute; a half-written or
 * mismatched pair is reported and the old one stays in force. Returns what stops it.
 */
export function renewTls({ references, keys, clock, logger, inForce, server }: TlsRenewal): () => void {
  let fingerprint = tlsFingerprint(inForce);
  let cancel = () => {};
  let isStopped = false;

  async function look(): Promise<void> {
    try {
      const material = await loadTls(references, keys);
      if (tlsFingerprint(material) !== fingerprint) {
        server.setSecureContext(material);
        fingerprint = tlsFingerprint(material);
        logger.info('tls renewed', { cert: references.cert });
      }
    } catch (error) {
      logger.warn('tls renewal refused', { cert: references.cert }, error);
    }
    if (!isStopped) again();
  }
  function again(): void {
    cancel = clock.after(lookEveryMs, () => void look());
  }
  again();
  return () => {
    isStopped = true;
    cancel();
  };
}
