import fc from 'fast-check';

/** One malformed request as bytes, and what may be said to it. */
export interface HttpInput {
  readonly kind: string;
  readonly bytes: Buffer;
  readonly statuses: readonly number[];
  /** Whether the whole request is there: an unfinished one is ended by the client, and then nothing need be said. */
  readonly isWhole: boolean;
}

const methods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND'];
const addresses = [
  '/api/messages',
  '/api/messages/1',
  '/api/messages/1/body',
  '/api/messages/1/lineage',
  '/api/messages/1/replay',
  '/api/deliveries',
  '/api/deliveries/1/resolve',
  '/api/audit',
  '/api/backup',
  '/api/depths',
  '/echo/json',
  '/metrics',
];
const strange = [
  '',
  '0',
  '-1',
  '1e9',
  '99999999999999999999',
  'NaN',
  "' OR 1=1 --",
  '../../etc/passwd',
  '%2e%2e%2f',
  '%00',
  '%',
  '%ff%fe',
  '<img src=x onerror=1>',
  '__proto__',
  'constructor',
  '\u202e',
  'a'.repeat(5000),
];
const bodies = [
  '',
  '{',
  '[]',
  'null',
  '"text"',
  '{"__proto__":{"a":1}}',
  '{"constructor":{"prototype":{}}}',
  '{"folder":1e400}',
  '{"folder":"../x"}',
  '{"folder":"\u0000"}',
  '{"word":"retry","word":"x"}',
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  `{"folder":"${'x'.repeat(100_000)}"}`,
  '\ufeff{}',
  '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
];
const refusals = [400, 401, 403, 404, 405, 406, 408, 409, 413, 414, 415, 421, 429, 431];

const at = <T>(list: readonly T[]) => fc.constantFrom(...list);
const line = (name: string, value: string) => `${name}: ${value.replace(/[\r\n]/g, '')}\r\n`;

const query = fc
  .array(
    fc.tuple(at(['mrn', 'limit', 'since', 'before', 'status', 'channel', 'x', '__proto__']), at(strange)),
    { maxLength: 4 },
  )
  .map((pairs) =>
    pairs.length === 0
      ? ''
      : `?${pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')}`,
  );

/** Well-formed HTTP whose contents are not what the API takes. */
function contents(token: string): fc.Arbitrary<HttpInput> {
  return fc
    .record({
      method: at(methods),
      address: fc.oneof(
        at(addresses),
        at(strange).map((text) => `/api/messages/${encodeURIComponent(text)}`),
      ),
      query,
      host: fc.oneof(
        { weight: 4, arbitrary: fc.constant('localhost') },
        at(['evil.example', '', '127.0.0.1:1']),
      ),
      credential: fc.oneof(
        { weight: 3, arbitrary: fc.constant(`Bearer ${token}`) },
        at(['Bearer x', 'Basic x', '']),
      ),
      type: at([
        'application/json',
        'text/plain',
        'application/xml',
        'application/json; charset=utf-7',
        'multipart/related',
        '',
      ]),
      encoding: at(['', 'gzip', 'identity', 'x'.repeat(100)]),
      body: at(bodies),
    })
    .map(({ method, address, query: asked, host, credential, type, encoding, body }) => {
      const bytes = Buffer.from(body);
      const head =
        `${method} ${address}${asked} HTTP/1.1\r\n${line('Host', host)}` +
        (credential === '' ? '' : line('Authorization', credential)) +
        (type === '' ? '' : line('Content-Type', type)) +
        (encoding === '' ? '' : line('Content-Encoding', encoding)) +
        `Content-Length: ${bytes.length}\r\nConnection: close\r\n\r\n`;
      return {
        kind: 'contents',
        bytes: Buffer.concat([Buffer.from(head), bytes]),
        statuses: [200, 202, 204, ...refusals],
        isWhole: true,
      };
    });
}

/** Bytes that are no HTTP, or that a proxy and a server could read differently. */
function framing(token: string): fc.Arbitrary<HttpInput> {
  const head = `POST /api/backup HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`;
  const whole = (kind: string, text: string): HttpInput => ({
    kind,
    bytes: Buffer.from(text, 'latin1'),
    statuses: refusals,
    isWhole: true,
  });
  return fc.oneof(
    at<HttpInput>([
      whole('two lengths', `${head}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`),
      whole('length and chunks', `${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
      whole('unknown coding', `${head}Transfer-Encoding: identity, zip\r\n\r\n{}`),
      whole('negative length', `${head}Content-Length: -1\r\n\r\n`),
      whole('length that is no number', `${head}Content-Length: 0x10\r\n\r\n`),
      whole('length of 4 GB', `${head}Content-Length: 4294967296\r\n\r\n`),
      whole('broken chunk', `${head}Transfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n`),
      whole(
        'folded header',
        `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\nAuthorization : x\r\n\r\n`,
      ),
      whole('no version', 'GET /api/messages\r\n\r\n'),
      whole('wrong version', 'GET /api/messages HTTP/9.9\r\nHost: localhost\r\n\r\n'),
      whole('space in the address', 'GET /api/ messages HTTP/1.1\r\nHost: localhost\r\n\r\n'),
      whole('NUL in a header', `GET /api/messages HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n`),
      whole('two hosts', 'GET /api/messages HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n'),
      whole('head of 40 KB', `GET / HTTP/1.1\r\nHost: localhost\r\n${line('X', 'a'.repeat(40_000))}\r\n`),
      whole('thousands of headers', `GET / HTTP/1.1\r\nHost: localhost\r\n${'A: b\r\n'.repeat(4000)}\r\n`),
      whole('TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'),
    ]),
    fc.uint8Array({ minLength: 1, maxLength: 400 }).map((bytes) => ({
      kind: 'noise',
      bytes: Buffer.from(bytes),
      statuses: [400, 431],
      isWhole: false,
    })),
    fc.nat({ max: head.length - 1 }).map((length) => ({
      kind: 'cut short',
      bytes: Buffer.from(head.slice(0, length)),
      statuses: refusals,
      isWhole: false,
    })),
  );
}

/** Two of three are well-formed HTTP: what never becomes a request tests the parser of Node more than ours. */
export function httpInputs(token: string): fc.Arbitrary<HttpInput> {
  return fc.oneof({ weight: 2, arbitrary: contents(token) }, { weight: 1, arbitrary: framing(token) });
}
