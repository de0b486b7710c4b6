import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { BitHiveError } from '../../core/errors.ts';
import type { Keys } from '../../core/ports/index.ts';

/** Where the parts of a TLS identity are. `key` is a secret reference; the others are paths. */
export interface TlsReferences {
  readonly key: string;
  readonly cert: string;
  /** Authorities of client certificates; present: a client must have one. */
  readonly ca?: string | undefined;
}

/** What `tls.createServer` and `setSecureContext` take. TLS 1.2 is the floor. */
export interface TlsMaterial extends SecureContextOptions {
  readonly key: string;
  readonly cert: string;
  readonly ca?: string;
  readonly minVersion: 'TLSv1.2';
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
}

/** @throws BH_CONFIG_SECRET for the key, BH_CONFIG_VALUE for a certificate that is missing or does not belong to the key */
export async function loadTls(references: TlsReferences, keys: Keys): Promise<TlsMaterial> {
  const [key, cert, ca] = await Promise.all([
    keys.secret(references.key),
    readPem(references.cert),
    references.ca === undefined ? undefined : readPem(references.ca),
  ]);
  const isMutual = ca !== undefined;
  const material: TlsMaterial = {
    key,
    cert,
    ...(isMutual ? { ca } : {}),
    minVersion: 'TLSv1.2',
    requestCert: isMutual,
    rejectUnauthorized: isMutual,
  };
  try {
    createSecureContext(material);
  } catch (cause) {
    throw new BitHiveError('BH_CONFIG_VALUE', `${references.cert}: not a certificate of the key`, { cause });
  }
  return material;
}

/** Changes when any part changes, for those who watch for a renewed certificate. */
export function tlsFingerprint(material: TlsMaterial): string {
  return createHash('sha256')
    .update(`${material.key}\0${material.cert}\0${material.ca ?? ''}`)
    .digest('hex');
}

async function readPem(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new BitHiveError('BH_CONFIG_VALUE', `${path} cannot be read`, { cause });
  });
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw new BitHiveError('BH_CONFIG_VALUE', `${path} holds no PEM certificate`);
  }
  return text;
}
