import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { systemClock } from '../../../platform/clock.ts';
import { createAccessTokenCheck } from '../../../platform/security/access-token.ts';

const issuer = 'https://login.example';
const audience = 'bithive';
const refused = expect.objectContaining({ code: 'BH_HTTP_UNAUTHENTICATED' });

let server: Server;
let jwksUri: string;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let strangers: Awaited<ReturnType<typeof generateKeyPair>>;

beforeAll(async () => {
  keys = await generateKeyPair('RS384', { extractable: true });
  strangers = await generateKeyPair('RS384', { extractable: true });
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'RS384', use: 'sig' };
  server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  jwksUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
});
afterAll(() => new Promise((done) => server.close(done)));

const now = () => Math.floor(Date.now() / 1000);
const claims = (changes: JWTPayload = {}): JWTPayload => ({
  iss: issuer,
  aud: audience,
  sub: 'nurse-7',
  exp: now() + 300,
  roles: ['reader'],
  ...changes,
});
const sign = (payload: JWTPayload, header: object = {}, key = keys.privateKey) =>
  new SignJWT(payload).setProtectedHeader({ alg: 'RS384', kid: 'k1', ...header }).sign(key);
const check = (token: string, rolesClaim?: string) =>
  createAccessTokenCheck({ issuer, audience, jwksUri, rolesClaim }, systemClock)(token);

describe('an access token', () => {
  test('of the issuer gives subject and roles', async () => {
    expect(await check(await sign(claims()))).toEqual({ subject: 'nurse-7', roles: ['reader'] });
    const scoped = await sign(claims({ scope: 'operator ingest' }));
    expect(await check(scoped, 'scope')).toEqual({ subject: 'nurse-7', roles: ['operator', 'ingest'] });
    expect((await check(await sign(claims({ roles: { a: 1 } })))).roles).toEqual([]);
  });

  test.each<[string, () => Promise<string>]>([
    ['of another issuer', () => sign(claims({ iss: 'https://login.example.evil' }))],
    ['for another audience', () => sign(claims({ aud: 'other' }))],
    ['that ran out', () => sign(claims({ exp: now() - 120 }))],
    ['without an end', () => sign({ iss: issuer, aud: audience, sub: 'x' })],
    ['without a subject', () => sign({ iss: issuer, aud: audience, exp: now() + 300 })],
    ['not valid yet', () => sign(claims({ nbf: now() + 600 }))],
    ['signed by a stranger', () => sign(claims(), {}, strangers.privateKey)],
    ['of an unknown key', () => sign(claims(), { kid: 'k2' })],
    [
      'that brings its own key',
      async () => {
        const jwk = await exportJWK(strangers.publicKey);
        return sign(claims(), { jwk, jku: 'http://127.0.0.1:1/evil' }, strangers.privateKey);
      },
    ],
    ['without a signature (alg none)', async () => new UnsecuredJWT(claims()).encode()],
    [
      'with the public key as HMAC secret',
      async () => {
        const secret = new TextEncoder().encode(await exportSPKI(keys.publicKey));
        return new SignJWT(claims()).setProtectedHeader({ alg: 'HS256', kid: 'k1' }).sign(secret);
      },
    ],
    ['that is none', async () => 'not.a.token'],
    ['that is empty', async () => ''],
  ])('%s is refused', async (_name, make) => {
    await expect(check(await make())).rejects.toEqual(refused);
  });

  test('an issuer that cannot be reached is not the fault of the caller', async () => {
    const token = await sign(claims());
    const unreachable = createAccessTokenCheck(
      { issuer, audience, jwksUri: 'http://127.0.0.1:1/jwks' },
      systemClock,
    );
    await expect(unreachable(token)).rejects.toMatchObject({ code: 'BH_HTTP_ISSUER' });
  });
});
