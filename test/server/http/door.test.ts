import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { apiToken, raw, startServer, type TestServer } from './harness.ts';

let server: TestServer;
const pacsToken = 'pacs-token-pacs-token-pacs-token-pacs-token';
const readerToken = 'reader-token-reader-token-reader-token-0000';

beforeAll(async () => {
  server = await startServer({
    argv: [
      '--http-limits-body-bytes-max=1024',
      '--http-hosts=engine.example',
      '--http-origins=https://portal.example',
    ],
    env: {
      PACS: pacsToken,
      READER: readerToken,
      BITHIVE_HTTP_AUTH_TOKENS: JSON.stringify({
        pacs: { secret: 'env:PACS', roles: ['ingest'] },
        reader: { secret: 'env:READER', roles: ['reader'] },
      }),
    },
  });
});
afterAll(() => server.stop());

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** fetch sets Host and Origin by itself; this does not. */
function ask(
  method: string,
  path: string,
  headers: { [name: string]: string } = {},
  body = '',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { port: server.port, host: '127.0.0.1', method, path, headers },
      (response) => {
        let text = '';
        response.on('data', (bytes) => {
          text += bytes;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const codeOf = (answer: Answer) => JSON.parse(answer.body).code;
const json = { 'content-type': 'application/json' };

describe('who asks', () => {
  test.each(['/api/messages', '/api/audit', '/metrics', '/api/nowhere', '/echo/json'])(
    '%s without a token: 401',
    async (path) => {
      const answer = await ask(path === '/echo/json' ? 'POST' : 'GET', path);
      expect(answer.status).toBe(401);
      expect(codeOf(answer)).toBe('BH_HTTP_UNAUTHENTICATED');
      expect(answer.headers['www-authenticate']).toContain('Bearer');
      expect(answer.headers['content-type']).toContain('application/problem+json');
    },
  );

  test.each([
    'Bearer wrong',
    `Basic ${Buffer.from(`x:${apiToken}`).toString('base64')}`,
    apiToken,
    `Bearer ${apiToken}x`,
    `Bearer ${apiToken.slice(1)}`,
    'Bearer ',
  ])('Authorization %j: 401', async (authorization) => {
    expect((await ask('GET', '/api/messages', { authorization })).status).toBe(401);
  });

  test('a token in the address is not looked at', async () => {
    expect((await ask('GET', `/api/messages?access_token=${apiToken}`)).status).toBe(401);
  });

  test('401 comes before the body is parsed', async () => {
    const answer = await ask('POST', '/api/backup', json, '{"broken');
    expect(answer.status).toBe(401);
  });

  test('health is open and says nothing else', async () => {
    expect(JSON.parse((await ask('GET', '/healthz')).body)).toEqual({ status: 'alive' });
    expect(JSON.parse((await ask('GET', '/readyz')).body)).toEqual({ status: 'ready', reasons: [] });
  });

  test('not ready when the disk is below its watermark', async () => {
    server.freeBytes.value = 1;
    const answer = await ask('GET', '/readyz');
    server.freeBytes.value = Number.MAX_SAFE_INTEGER;
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.body).reasons).toEqual(['BH_STORE_FULL']);
  });
});

describe('what they may do', () => {
  test.each([
    ['GET', '/api/messages', pacsToken, 403],
    ['POST', '/echo/json', pacsToken, 200],
    ['POST', '/echo/json', readerToken, 403],
    ['GET', '/api/messages', readerToken, 200],
    ['GET', '/metrics', readerToken, 200],
    ['GET', '/api/audit', readerToken, 403],
    ['POST', '/api/backup', readerToken, 403],
    ['POST', '/api/messages/1/replay', readerToken, 403],
    ['POST', '/api/deliveries/1/resolve', readerToken, 403],
  ])('%s %s', async (method, path, token, status) => {
    const answer = await ask(
      method,
      path,
      method === 'POST' ? { ...bearer(token), ...json } : bearer(token),
      method === 'POST' ? '{}' : '',
    );
    expect(answer.status).toBe(status);
  });

  test('a refused right is an audit event that names the caller', async () => {
    await ask('GET', '/api/audit', bearer(pacsToken));
    const events = await server.store.readAudit(1, 1000);
    expect(events.at(-1)).toMatchObject({
      agent: 'pacs',
      outcome: 'refused',
      entities: { permission: 'audit:read' },
    });
  });
});

describe('where they ask from', () => {
  const authorized = bearer(apiToken);
  test.each([
    ['engine.example', 200],
    ['ENGINE.example:8080', 200],
    ['localhost:1', 200],
    ['127.0.0.1', 200],
    ['[::1]:8080', 200],
    ['evil.example', 421],
    ['engine.example.evil.example', 421],
    ['127.0.0.1.evil.example', 421],
  ])('Host %j: %i', async (host, status) => {
    const answer = await ask('GET', '/api/messages', { ...authorized, host });
    expect(answer.status).toBe(status);
    if (status === 421) expect(codeOf(answer)).toBe('BH_HTTP_HOST');
  });

  test.each([
    [{ origin: 'https://portal.example' }, 200],
    [{ origin: 'http://engine.example' }, 200],
    [{ origin: 'https://engine.example' }, 403],
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-origin' }, 200],
  ])('%j: %i', async (headers, status) => {
    const answer = await ask('GET', '/api/messages', {
      ...authorized,
      host: 'engine.example',
      ...headers,
    } as Record<string, string>);
    expect(answer.status).toBe(status);
    if (status === 403) expect(codeOf(answer)).toBe('BH_HTTP_ORIGIN');
  });

  test('HTTP/1.0 without a Host: 421', async () => {
    expect(await raw(server.port, ['GET /healthz HTTP/1.0\r\n\r\n'])).toMatch(/^HTTP\/1.1 421 /);
  });

  test('the health routes are behind the same door', async () => {
    expect((await ask('GET', '/healthz', { host: 'evil.example' })).status).toBe(421);
  });

  test('a listed origin is named in the answer, and its browser may ask beforehand', async () => {
    const preflight = await ask('OPTIONS', '/api/messages', {
      origin: 'https://portal.example',
      'access-control-request-method': 'GET',
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-origin']).toBe('https://portal.example');
    const foreign = await ask('OPTIONS', '/api/messages', {
      origin: 'https://evil.example',
      'access-control-request-method': 'GET',
    });
    expect(foreign.status).toBe(403);
  });
});

describe('what is wrong with the request', () => {
  const authorized = { ...bearer(apiToken), ...json };
  test.each<[string, string, { [name: string]: string }, string, number, string]>([
    ['GET', '/api/nowhere', authorized, '', 404, 'BH_HTTP_NOT_FOUND'],
    ['DELETE', '/api/messages', authorized, '', 405, 'BH_HTTP_METHOD'],
    ['PUT', '/api/messages/7/replay', authorized, '{}', 405, 'BH_HTTP_METHOD'],
    ['POST', '/api/backup', { ...authorized, 'content-type': 'text/plain' }, 'x', 415, 'BH_HTTP_MEDIA_TYPE'],
    ['POST', '/api/backup', { ...authorized, 'content-type': 'text/xml' }, '<a/>', 415, 'BH_HTTP_MEDIA_TYPE'],
    ['POST', '/api/backup', { ...authorized, 'content-encoding': 'gzip' }, 'x', 415, 'BH_HTTP_MEDIA_TYPE'],
    ['POST', '/api/backup', authorized, '{"folder":', 400, 'BH_HTTP_INPUT'],
    ['POST', '/api/backup', authorized, '', 400, 'BH_HTTP_INPUT'],
    ['POST', '/api/backup', authorized, '[]', 400, 'BH_HTTP_INPUT'],
    ['POST', '/api/backup', authorized, '{"__proto__":{"folder":"/x"}}', 400, 'BH_HTTP_INPUT'],
    ['POST', '/api/backup', authorized, '{"folder":"relative"}', 400, 'BH_HTTP_INPUT'],
    ['POST', '/api/backup', authorized, '{"folder":"/x","more":1}', 400, 'BH_HTTP_INPUT'],
    ['POST', '/api/backup', authorized, `{"folder":"/${'x'.repeat(2000)}"}`, 413, 'BH_HTTP_TOO_LARGE'],
    ['POST', '/echo/json', authorized, `{"a":"${'x'.repeat(2000)}"}`, 413, 'BH_HTTP_TOO_LARGE'],
    ['GET', '/api/messages?limit=1000000000', authorized, '', 400, 'BH_HTTP_INPUT'],
    ['GET', '/api/messages?mrm=1', authorized, '', 400, 'BH_HTTP_INPUT'],
    ['GET', '/api/messages?mrn=1&mrn=2', authorized, '', 400, 'BH_HTTP_INPUT'],
    ['GET', '/api/messages?since=yesterday', authorized, '', 400, 'BH_HTTP_INPUT'],
    ['GET', '/api/messages?since=2026-01-01T00:00:00', authorized, '', 400, 'BH_HTTP_INPUT'],
    ['GET', '/api/messages/abc', authorized, '', 400, 'BH_HTTP_INPUT'],
    ['GET', '/api/messages/-1', authorized, '', 400, 'BH_HTTP_INPUT'],
    ['GET', '/api/messages/..%2f..%2fetc', authorized, '', 400, 'BH_HTTP_INPUT'],
    ['GET', '/api/messages/%ff', authorized, '', 400, 'BH_HTTP_INPUT'],
    ['GET', '/api/messages/999999', authorized, '', 404, 'BH_STORE_NOT_FOUND'],
  ])('%s %s', async (method, path, headers, body, status, code) => {
    const answer = await ask(method, path, headers, body);
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });

  test('the refused part is named', async () => {
    const answer = await ask('GET', '/api/messages?limit=0&mrm=1', authorized);
    expect(JSON.parse(answer.body).detail).toMatch(/limit.*mrm/s);
  });

  test('405 says what is taken', async () => {
    expect((await ask('DELETE', '/api/messages', authorized)).headers.allow).toContain('GET');
  });

  test.each([
    [
      'too many headers',
      [`GET /healthz HTTP/1.1\r\nHost: localhost\r\n${'X-A: 1\r\n'.repeat(5000)}\r\n`],
      431,
    ],
    [
      'a header that is too long',
      [`GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`],
      431,
    ],
    ['no HTTP at all', ['\x16\x03\x01\x00\xa5\x01\r\n\r\n'], 400],
    [
      'both lengths',
      [
        'POST /api/backup HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      ],
      400,
    ],
  ] as const)('%s: answered and closed', async (_what, pieces, status) => {
    expectProblem(await raw(server.port, pieces), status);
  });
});

describe('what does not come to its end', () => {
  // With limits of its own: under these, a busy machine would be too slow for any other test.
  let impatient: TestServer;
  beforeAll(async () => {
    impatient = await startServer({ argv: ['--http-limits-head-ms=300', '--http-limits-request-ms=300'] });
  });
  afterAll(() => impatient.stop());

  test.each([
    ['a head', ['GET /healthz HTTP/1.1\r\nHost: localhost\r\n']],
    [
      'a body',
      [
        `POST /api/backup HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${apiToken}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"fol`,
      ],
    ],
    [
      'a chunked body',
      [
        `POST /echo/json HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${apiToken}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`,
      ],
    ],
  ] as const)('%s: 408 and closed', async (_what, pieces) => {
    expectProblem(await raw(impatient.port, pieces), 408);
  });
});

function expectProblem(answer: string, status: number): void {
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(answer).toContain('application/problem+json');
}

test('answers cannot be cached, sniffed or framed', async () => {
  for (const path of ['/healthz', '/api/messages']) {
    const { headers } = await ask('GET', path, path === '/healthz' ? {} : bearer(apiToken));
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    });
  }
  expect((await ask('GET', '/api/messages')).headers['cache-control']).toBe('no-store');
});
