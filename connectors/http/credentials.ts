import { importPKCS8, SignJWT } from 'jose';
import { BitHiveError } from '../../core/errors.ts';
import { ExchangeFailed, type ExchangeRequest, type HttpAnswer } from './exchange.ts';
import type { ClientCredentials, CredentialPorts, HttpAuth, SmartBackend } from './http-auth.ts';

type Send = (request: Omit<ExchangeRequest, 'answerBytesMax'>) => Promise<HttpAnswer>;

/** Gives the Authorization header of each request. */
export interface Credentials {
  /** Throws BH_CONFIG_SECRET, BH_DELIVERY_UNREACHABLE; nothing has been sent to the server itself then. */
  authorization(signal: AbortSignal): Promise<string | undefined>;
  /** The server did not take the token: the next call asks for another. True when there can be another. */
  forget(): boolean;
}

/** A token is renewed this long before it ends. */
const renewEarlyMs = 30_000;
/** SMART App Launch 2.2: `exp` no more than five minutes ahead. */
const assertionSeconds = 240;
/** For servers that do not say `expires_in` (RFC 6749 §5.1 only recommends it). */
const tokenSecondsDefault = 60;

export function createCredentials(
  auth: HttpAuth | undefined,
  ports: CredentialPorts,
  send: Send,
): Credentials {
  if (auth === undefined) return fixed(async () => undefined);
  if (auth.kind === 'bearer') return fixed(async () => `Bearer ${await ports.keys.secret(auth.token)}`);
  if (auth.kind === 'basic')
    return fixed(async () => basic(auth.user, await ports.keys.secret(auth.password)));
  return cachedToken(ports, (signal) => requestToken(auth, ports, send, signal));
}

function fixed(authorization: () => Promise<string | undefined>): Credentials {
  return { authorization, forget: () => false };
}

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

interface Token {
  readonly value: string;
  readonly expiresInMs: number;
}

/** One request for a token at a time, whoever asks; kept until shortly before it ends. */
function cachedToken(
  { clock }: CredentialPorts,
  request: (signal: AbortSignal) => Promise<Token>,
): Credentials {
  let current: { value: string; untilMs: number } | undefined;
  let pending: Promise<Token> | undefined;
  return {
    async authorization(signal) {
      if (current === undefined || clock.monotonicMs() >= current.untilMs) {
        pending ??= request(signal).finally(() => {
          pending = undefined;
        });
        const { value, expiresInMs } = await pending;
        const lifeMs = Math.max(expiresInMs - renewEarlyMs, expiresInMs / 2);
        current = { value, untilMs: clock.monotonicMs() + lifeMs };
      }
      return `Bearer ${current.value}`;
    },
    forget() {
      const had = current !== undefined;
      current = undefined;
      return had;
    },
  };
}

async function requestToken(
  auth: ClientCredentials | SmartBackend,
  ports: CredentialPorts,
  send: Send,
  signal: AbortSignal,
): Promise<Token> {
  const form = new URLSearchParams({ grant_type: 'client_credentials' });
  if (auth.scope !== undefined) form.set('scope', auth.scope);
  const headers: Record<string, string> = {
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  };
  if (auth.kind === 'client-credentials') {
    headers.authorization = basic(
      encodeURIComponent(auth.clientId),
      encodeURIComponent(await ports.keys.secret(auth.clientSecret)),
    );
  } else {
    form.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    form.set('client_assertion', await assertion(auth, ports));
  }
  const request = { method: 'POST', url: auth.tokenUrl, headers, body: form.toString(), signal };
  const answer = await send(request).catch((cause: unknown) => {
    // Not the delivery's own exchange: nothing of it has left yet, whatever became of this one.
    if (!(cause instanceof ExchangeFailed)) throw cause;
    throw new BitHiveError('BH_DELIVERY_UNREACHABLE', `no token: ${cause.reason}`, { cause });
  });
  return tokenIn(answer);
}

/** `private_key_jwt` (RFC 7523 §2.2) as SMART App Launch 2.2 narrows it. */
async function assertion(auth: SmartBackend, { clock, keys, random }: CredentialPorts): Promise<string> {
  const key = await importPKCS8(await keys.secret(auth.privateKey), auth.algorithm);
  return new SignJWT({})
    .setProtectedHeader({ alg: auth.algorithm, kid: auth.keyId, typ: 'JWT' })
    .setIssuer(auth.clientId)
    .setSubject(auth.clientId)
    .setAudience(auth.tokenUrl)
    .setExpirationTime(Math.floor(clock.nowMs() / 1_000) + assertionSeconds)
    .setJti(Buffer.from(random.bytes(16)).toString('hex'))
    .sign(key);
}

function tokenIn(answer: HttpAnswer): Token {
  const fields = answer.status === 200 ? jsonIn(answer.body) : undefined;
  const { access_token: value, expires_in: seconds } = fields ?? {};
  if (typeof value !== 'string' || value === '') {
    throw new BitHiveError(
      'BH_DELIVERY_UNREACHABLE',
      `no token: the token endpoint answered HTTP ${answer.status}`,
    );
  }
  return { value, expiresInMs: (typeof seconds === 'number' ? seconds : tokenSecondsDefault) * 1_000 };
}

function jsonIn(body: Uint8Array | undefined): { access_token?: unknown; expires_in?: unknown } | undefined {
  try {
    return JSON.parse(Buffer.from(body ?? []).toString('utf8')) as { access_token?: unknown };
  } catch (cause) {
    throw new BitHiveError('BH_DELIVERY_UNREACHABLE', 'no token: the token endpoint did not answer JSON', {
      cause,
    });
  }
}
