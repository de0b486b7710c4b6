import { type Config, type RoleName, roleNames } from '../../config/index.ts';
import { BitHiveError } from '../../core/errors.ts';
import type { Clock, Keys } from '../../core/ports/index.ts';
import { createAccessTokenCheck } from '../../platform/security/access-token.ts';
import { sameSecret } from '../../platform/security/same-secret.ts';
import type { Caller } from './permissions.ts';

export type Authenticate = (authorization: string | undefined) => Promise<Caller>;

export interface AuthenticateOptions {
  readonly auth: Config['http']['auth'];
  /** The API token of this installation. */
  readonly token: string;
  readonly keys: Keys;
  readonly clock: Clock;
}

/** RFC 6750 §2.1: the only place where a credential is taken from. An address with a token in it would end up in logs. */
const bearer = /^Bearer +([A-Za-z0-9._~+/-]{1,8192}=*)$/i;

/**
 * Builds the check of the Authorization header: the API token, the tokens of other systems, then access tokens of the issuer.
 *
 * @throws BH_CONFIG_SECRET when a configured token cannot be read
 */
export async function createAuthenticate(options: AuthenticateOptions): Promise<Authenticate> {
  const { auth, token, keys, clock } = options;
  const known: readonly (Caller & { readonly secret: string })[] = [
    { subject: 'api-token', roles: ['admin'], secret: token },
    ...(await Promise.all(
      Object.entries(auth.tokens).map(async ([subject, { secret, roles }]) => ({
        subject,
        roles,
        secret: await keys.secret(secret),
      })),
    )),
  ];
  const checkAccessToken = auth.oidc && createAccessTokenCheck(auth.oidc, clock);

  return async (authorization) => {
    if (authorization === undefined)
      throw new BitHiveError('BH_HTTP_UNAUTHENTICATED', 'no Authorization header');
    const given = bearer.exec(authorization)?.[1];
    if (given === undefined) throw new BitHiveError('BH_HTTP_UNAUTHENTICATED', 'a bearer token is expected');
    // Every token is compared, so that the time does not say which one was close.
    const matches = known.filter(({ secret }) => sameSecret(given, secret));
    const caller = matches[0];
    if (caller) return { subject: caller.subject, roles: caller.roles };
    if (!checkAccessToken) throw new BitHiveError('BH_HTTP_UNAUTHENTICATED', 'the token is not known');
    const holder = await checkAccessToken(given);
    return { subject: holder.subject, roles: holder.roles.filter(isRole) };
  };
}

function isRole(name: string): name is RoleName {
  return (roleNames as readonly string[]).includes(name);
}
