import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { exportPKCS8, exportSPKI, generateKeyPair, importSPKI, jwtVerify } from 'jose';
import { createFhirDestination } from '../../../connectors/fhir/index.ts';
import type { HttpAuth, HttpTls } from '../../../connectors/http/http-auth.ts';
import type { Destination } from '../../../core/ports/index.ts';
import { patient } from '../../formats/fhir/samples.ts';
import { delivery, neverStopped, testPorts } from './deliveries.ts';
import { answerJson, type FaultServer, startFaultServer } from './fault-server.ts';

let open: Destination[] = [];
afterEach(async () => {
  for (const one of open) await one.close();
  open = [];
});
const create = () => delivery(patient('1'));

function destination(
  url: string,
  secrets: { [reference: string]: string },
  more: { auth?: HttpAuth; tls?: HttpTls },
) {
  const ports = testPorts(secrets);
  const made = createFhirDestination({ url, ports, ...more });
  open.push(made);
  return { send: () => made.send(create(), neverStopped), clock: ports.clock };
}

describe('tokens', () => {
  let server: FaultServer;
  let tokens = 0;
  let revoked = new Set<string>();
  beforeEach(async () => {
    tokens = 0;
    revoked = new Set();
    server = await startFaultServer();
    server.behave = (request, response) => {
      if (request.url.endsWith('/token')) {
        tokens += 1;
        return answerJson(response, 200, {
          access_token: `t${tokens}`,
          token_type: 'bearer',
          expires_in: 300,
        });
      }
      const isRevoked = revoked.has(String(request.headers.authorization));
      return answerJson(response, isRevoked ? 401 : 201, { resourceType: 'Patient' });
    };
  });
  afterEach(() => server.close());
  const seen = (part: string) => server.seen.filter((request) => request.url.endsWith(part));
  const credentials = (): HttpAuth => ({
    kind: 'client-credentials',
    tokenUrl: `${server.url}/token`,
    clientId: 'bit:hive',
    clientSecret: 'env:SECRET',
    scope: 'system/*.write',
  });

  test.each([
    [{ kind: 'bearer', token: 'env:SECRET' }, 'Bearer s3cret'],
    [{ kind: 'basic', user: 'u', password: 'env:SECRET' }, `Basic ${btoa('u:s3cret')}`],
  ] as const)('fixed %j', async (auth, header) => {
    await destination(server.url, { 'env:SECRET': 's3cret' }, { auth }).send();
    expect(server.seen[0]?.headers.authorization).toBe(header);
  });

  test('client credentials: asked for once, kept until shortly before they end', async () => {
    const { send, clock } = destination(server.url, { 'env:SECRET': 'a b' }, { auth: credentials() });
    await Promise.all([send(), send(), send()]);
    clock.ms += 269_000;
    await send();
    expect(tokens).toBe(1);
    clock.ms += 2_000;
    await send();
    expect(tokens).toBe(2);
    const [request] = seen('/token');
    expect(request?.body.toString()).toBe('grant_type=client_credentials&scope=system%2F*.write');
    expect(request?.headers.authorization).toBe(`Basic ${btoa('bit%3Ahive:a%20b')}`);
    expect(seen('/Patient').map((one) => one.headers.authorization)).toEqual([
      ...Array(4).fill('Bearer t1'),
      'Bearer t2',
    ]);
  });

  test('a token that was revoked is renewed once, then the refusal stands', async () => {
    const { send } = destination(server.url, { 'env:SECRET': 'x' }, { auth: credentials() });
    await send();
    revoked.add('Bearer t1');
    expect(await send()).toMatchObject({ kind: 'delivered' });
    revoked.add('Bearer t2').add('Bearer t3');
    expect(await send()).toMatchObject({ kind: 'dead', error: { detail: 'HTTP 401' } });
    expect(tokens).toBe(3);
  });

  test.each<[string, FaultServer['behave']]>([
    ['refuses', (_request, response) => answerJson(response, 401, { error: 'invalid_client' })],
    ['answers a page', (_request, response) => response.end('<html>')],
    ['resets', (_request, response) => response.socket?.resetAndDestroy()],
  ])(
    'a token endpoint that %s: a plain create is retried, for nothing of it has left',
    async (_what, behave) => {
      server.behave = behave;
      const { send } = destination(server.url, { 'env:SECRET': 'x' }, { auth: credentials() });
      expect(await send()).toMatchObject({ kind: 'retry', error: { code: 'BH_DELIVERY_UNREACHABLE' } });
      expect(seen('/Patient')).toEqual([]);
    },
  );

  test.each(['RS384', 'ES384'] as const)('SMART Backend Services with %s', async (algorithm) => {
    const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
    const secrets = { 'file:/key': await exportPKCS8(privateKey) };
    const tokenUrl = `${server.url}/token`;
    const auth: HttpAuth = {
      kind: 'smart-backend',
      tokenUrl,
      clientId: 'hive',
      privateKey: 'file:/key',
      keyId: 'k1',
      algorithm,
      scope: 'system/*.cu',
    };
    const { send, clock } = destination(server.url, secrets, { auth });
    await send();
    clock.ms += 400_000;
    await send();
    const assertions = seen('/token').map((request) => new URLSearchParams(request.body.toString()));
    const ids = new Set<unknown>();
    for (const [index, form] of assertions.entries()) {
      expect(form.get('client_assertion_type')).toBe(
        'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      );
      const key = await importSPKI(await exportSPKI(publicKey), algorithm);
      const atMs = Date.parse('2026-03-01T08:00:00Z') + index * 400_000;
      const { payload, protectedHeader } = await jwtVerify(form.get('client_assertion') ?? '', key, {
        audience: tokenUrl,
        issuer: 'hive',
        subject: 'hive',
        currentDate: new Date(atMs),
      });
      expect(protectedHeader).toMatchObject({ alg: algorithm, kid: 'k1' });
      expect((payload.exp ?? 0) - atMs / 1000).toBeLessThanOrEqual(300);
      ids.add(payload.jti);
    }
    expect(ids.size).toBe(2);
  });
});

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
const openssl = hasOpenssl();

(openssl ? describe : describe.skip)('TLS with certificates that openssl makes', () => {
  let folder: string;
  let server: FaultServer;
  const pem = (name: string) => readFileSync(join(folder, name), 'utf8');

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bithive-tls-'));
    const run = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
    const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    const authority = (name: string) =>
      run(
        'req',
        '-x509',
        ...newKey,
        '-days',
        '2',
        '-subj',
        `/CN=${name}`,
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.pem`,
      );
    authority('ca');
    authority('other');
    for (const [name, ca] of [
      ['server', 'ca'],
      ['client', 'ca'],
      ['stranger', 'other'],
    ] as const) {
      run(
        'req',
        ...newKey,
        '-subj',
        `/CN=${name}`,
        '-addext',
        'subjectAltName=IP:127.0.0.1',
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.csr`,
      );
      run(
        'x509',
        '-req',
        '-in',
        `${name}.csr`,
        '-CA',
        `${ca}.pem`,
        '-CAkey',
        `${ca}.key`,
        '-CAcreateserial',
        '-days',
        '2',
        '-copy_extensions',
        'copy',
        '-out',
        `${name}.pem`,
      );
    }
    server = await startFaultServer({
      key: pem('server.key'),
      cert: pem('server.pem'),
      ca: pem('ca.pem'),
      requestCert: true,
      rejectUnauthorized: true,
    });
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  const sendWith = (tls: HttpTls, key = '') => destination(server.url, { 'file:/key': key }, { tls }).send();

  test('both sides are known', async () => {
    const tls = { ca: pem('ca.pem'), certificate: pem('client.pem'), privateKey: 'file:/key' };
    expect(await sendWith(tls, pem('client.key'))).toMatchObject({ kind: 'delivered' });
  });

  test.each([
    ['an authority that is not trusted', () => sendWith({})],
    ['another authority', () => sendWith({ ca: pem('other.pem') })],
    ['no client certificate', () => sendWith({ ca: pem('ca.pem') })],
    [
      'a client certificate of another authority',
      () =>
        sendWith(
          { ca: pem('ca.pem'), certificate: pem('stranger.pem'), privateKey: 'file:/key' },
          pem('stranger.key'),
        ),
    ],
  ])('%s: nothing is delivered', async (_what, send) => {
    const seenBefore = server.seen.length;
    const sent = await send();
    // TLS 1.3 lets a client speak before its certificate is judged: a reset then may be `unknown`, never `delivered`.
    expect(['retry', 'unknown']).toContain(sent.kind);
    expect(server.seen.length).toBe(seenBefore);
  });
});
