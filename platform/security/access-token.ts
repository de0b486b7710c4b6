import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import { BitHiveError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports/index.ts';

export interface AccessTokenRules {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUri: string;
  /** Claim that lists the roles; `roles` when absent. A text is split at spaces, as `scope` is. */
  readonly rolesClaim?: string | undefined;
}

export interface TokenHolder {
  readonly subject: string;
  readonly roles: readonly string[];
}

/** Signatures only, and none made with a shared secret: a public key can then never pass as one (RFC 8725 §3.1, §3.2). */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const clockToleranceSeconds = 60;
const keysTimeoutMs = 5_000;

/**
 * Checks access tokens of an OpenID Connect issuer (RFC 9068 as far as issuers follow it): signature by a key of `jwksUri`,
 * `iss`, `aud`, `exp`, `nbf`. The keys named inside a token (`jku`, `jwk`, `x5u`) are never used.
 */
export function createAccessTokenCheck(
  rules: AccessTokenRules,
  clock: Clock,
): (token: string) => Promise<TokenHolder> {
  const keys = createRemoteJWKSet(new URL(rules.jwksUri), { timeoutDuration: keysTimeoutMs });
  return async (token) => {
    const { payload } = await jwtVerify(token, keys, {
      issuer: rules.issuer,
      audience: rules.audience,
      algorithms,
      requiredClaims: ['exp', 'sub'],
      clockTolerance: clockToleranceSeconds,
      currentDate: new Date(clock.nowMs()),
    }).catch((cause: unknown) => {
      throw refusalOf(cause);
    });
    return { subject: String(payload.sub), roles: rolesOf(payload, rules.rolesClaim ?? 'roles') };
  };
}

function refusalOf(cause: unknown): BitHiveError {
  const isOfIssuer =
    cause instanceof errors.JWKSTimeout ||
    cause instanceof errors.JWKSInvalid ||
    !(cause instanceof errors.JOSEError) ||
    cause.code === 'ERR_JOSE_GENERIC';
  if (isOfIssuer)
    return new BitHiveError('BH_HTTP_ISSUER', 'the keys of the issuer cannot be read', { cause });
  return new BitHiveError('BH_HTTP_UNAUTHENTICATED', 'the access token is not valid', { cause });
}

function rolesOf(payload: JWTPayload, claim: string): readonly string[] {
  const value = payload[claim];
  if (typeof value === 'string') return value.split(' ').filter(Boolean);
  return Array.isArray(value) ? value.filter((role) => typeof role === 'string') : [];
}
