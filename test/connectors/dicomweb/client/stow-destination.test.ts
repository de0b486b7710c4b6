import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Blobs } from '../../../../core/ports/index.ts';
import { type FaultServer, startFaultServer } from '../../fhir/fault-server.ts';
import { objectBytes } from '../object-bytes.ts';
import { blobOf } from '../stow-answers.ts';
import { startReceiver } from '../stow-setup.ts';
import { blobsIn, entry, inMemory, response, sop, stow } from './archive.ts';

const never = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'bithive-stow-out-'));
let blobs: Blobs;
let server: FaultServer;
beforeAll(async () => {
  blobs = await blobsIn(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(async () => {
  server = await startFaultServer();
});
afterEach(async () => server.close());

/** Answers the store request so, and a search so. */
function archive(
  status: number,
  body: string | object,
  search: { status: number; body?: unknown } = { status: 204 },
) {
  server.behave = (request, answer) => {
    if (request.method === 'GET') {
      answer.writeHead(search.status, { 'content-type': 'application/dicom+json' });
      answer.end(search.body === undefined ? '' : JSON.stringify(search.body));
      return;
    }
    answer.writeHead(status, { 'content-type': 'application/dicom+json' });
    answer.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

async function send(changes = {}) {
  const destination = stow(server.url, blobs);
  try {
    return await destination.send(inMemory(changes), never);
  } finally {
    await destination.close();
  }
}

const found = [{ '00080018': { vr: 'UI', Value: [sop] } }];

describe('the entry of the instance decides', () => {
  test.each([
    ['in the Referenced SOP Sequence', 200, response([entry(sop)]), { kind: 'delivered' }],
    [
      'with a warning',
      202,
      response([entry(sop, 0xb006, true)]),
      { kind: 'delivered', note: 'stored with B006H elements discarded' },
    ],
    [
      'in both sequences',
      202,
      response([entry(sop)], [entry(sop, 0xa900)]),
      { kind: 'dead', error: { code: 'BH_DELIVERY_REFUSED' } },
    ],
    [
      'out of resources',
      409,
      response([], [entry(sop, 0xa702)]),
      { kind: 'retry', error: { code: 'BH_DELIVERY_BUSY', detail: 'HTTP 409: A702H out of resources' } },
    ],
    ['processing failure', 409, response([], [entry(sop, 0x0110)]), { kind: 'retry' }],
    ['failed under a 200', 200, response([], [entry(sop, 0xc000)]), { kind: 'dead' }],
    ['SOP class not supported', 409, response([], [entry(sop, 0x0122)]), { kind: 'dead' }],
    ['failed without a reason', 409, response([], [entry(sop)]), { kind: 'dead' }],
    ['failed without a UID, alone', 409, response([], [entry('', 0xc000)]), { kind: 'dead' }],
    [
      'refused for good under a status that asks to wait',
      503,
      response([], [entry(sop, 0xa900)]),
      { kind: 'dead' },
    ],
  ])('%s', async (_name, status, body, outcome) => {
    archive(status, body);
    expect(await send()).toMatchObject(outcome);
  });

  test('in XML', async () => {
    const item = (tag: string, inside: string) =>
      `<DicomAttribute tag="${tag}" vr="SQ"><Item number="1">${inside}</Item></DicomAttribute>`;
    const uid = `<DicomAttribute tag="00081155" vr="UI"><Value number="1">${sop}</Value></DicomAttribute>`;
    archive(200, `<?xml version="1.0"?><NativeDicomModel>${item('00081199', uid)}</NativeDicomModel>`);
    expect(await send()).toEqual({ kind: 'delivered' });
    const reason = '<DicomAttribute tag="00081197" vr="US"><Value number="1">43264</Value></DicomAttribute>';
    archive(202, `<NativeDicomModel>${item('00081198', uid + reason)}</NativeDicomModel>`);
    expect(await send()).toMatchObject({ kind: 'dead', error: { detail: expect.stringContaining('A900H') } });
  });
});

describe('without an entry', () => {
  const unusable: readonly [string, number, string | object][] = [
    ['an empty 200', 200, ''],
    ['a page of a proxy under 200', 200, '<html><body>Welcome</body></html>'],
    ['JSON of something else', 200, { ok: true }],
    ['a 202 that names another instance', 202, response([entry('9.9.9')])],
    ['a cut body', 200, '{"00081199":{"vr":"SQ","Value":[{"000811'],
    ['markup that is no XML', 200, '<NativeDicomModel><DicomAttribute tag="00081199">'],
  ];
  test.each(unusable)(
    '%s is not delivered unless a search finds the instance',
    async (_name, status, body) => {
      archive(status, body);
      expect(await send()).toMatchObject({ kind: 'retry', error: { code: 'BH_DELIVERY_UNPROVEN' } });
      archive(status, body, { status: 200, body: [{ '00080018': { vr: 'UI', Value: ['9.9.9'] } }] });
      expect(await send()).toMatchObject({ kind: 'retry' });
      archive(status, body, { status: 501 });
      expect(await send()).toMatchObject({ kind: 'retry' });
      archive(status, body, { status: 200, body: found });
      expect(await send()).toMatchObject({
        kind: 'delivered',
        note: expect.stringContaining('a search finds'),
      });
      expect(server.seen.at(-1)?.url).toBe(`/fhir/studies/1.2.3/instances?SOPInstanceUID=${sop}&limit=1`);
    },
  );

  test.each([
    [503, 'retry'],
    [507, 'retry'],
    [429, 'retry'],
    [500, 'retry'],
    [502, 'retry'],
    [409, 'dead'],
    [400, 'dead'],
    [401, 'dead'],
    [413, 'dead'],
    [415, 'dead'],
    [501, 'dead'],
    [302, 'dead'],
  ])('status %i is %s', async (status, kind) => {
    archive(status, 'no');
    expect(await send()).toMatchObject({ kind, error: { detail: `HTTP ${status}: no` } });
  });

  test('Retry-After is heard', async () => {
    server.behave = (_request, answer) => answer.writeHead(503, { 'retry-after': '7' }).end();
    expect(await send()).toMatchObject({ kind: 'retry', retryAfterMs: 7_000 });
  });
});

describe('a duplicate (0111H)', () => {
  const duplicate = response([], [entry(sop, 0x0111)]);
  test('at the first attempt is refused: another object may be there', async () => {
    archive(409, duplicate, { status: 200, body: found });
    expect(await send()).toMatchObject({ kind: 'dead' });
  });
  test('after a lost answer is delivered when a search finds it', async () => {
    archive(409, duplicate, { status: 200, body: found });
    expect(await send({ attempts: 2 })).toMatchObject({
      kind: 'delivered',
      note: expect.stringContaining('0111H'),
    });
  });
});

describe('no answer', () => {
  test('nobody listens', async () => {
    const destination = stow('http://127.0.0.1:9', blobs);
    expect(await destination.send(inMemory(), never)).toMatchObject({
      kind: 'retry',
      error: { code: 'BH_DELIVERY_UNREACHABLE', detail: 'ECONNREFUSED' },
    });
    await destination.close();
  });

  test('the connection breaks after the request', async () => {
    server.behave = (_request, answer) => answer.destroy();
    expect(await send()).toMatchObject({
      kind: 'retry',
      error: { detail: expect.stringMatching(/^the answer was lost/) },
    });
  });

  test.each([
    ['says nothing', () => {}],
    ['answers a little for ever', (socket: Socket) => drip(socket)],
  ])('a peer that %s is given up', async (_name, behave) => {
    const sockets = new Set<Socket>();
    const mute = createServer((socket) => {
      sockets.add(socket.on('error', () => {}));
      behave(socket);
    });
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as { port: number };
    const destination = stow(`http://127.0.0.1:${port}`, blobs, { silenceMs: 1_000 });
    const stop = AbortSignal.timeout(4_000);
    expect(await destination.send(inMemory(), stop)).toMatchObject({ kind: 'retry' });
    await destination.close();
    for (const socket of sockets) socket.destroy();
    mute.close();
  });

  test('an endless answer ends at the limit', async () => {
    server.behave = (_request, answer) => {
      const piece = Buffer.alloc(64 * 1024, 0x20);
      const more = () => {
        while (!answer.destroyed && answer.write(piece));
        if (!answer.destroyed) answer.once('drain', more);
      };
      answer.writeHead(200);
      more();
    };
    expect(await send()).toMatchObject({ kind: 'retry' });
  });
});

function drip(socket: Socket): void {
  socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n');
  const timer = setInterval(() => socket.write('x'), 100);
  socket.on('close', () => clearInterval(timer));
}

test('a blob streams with its length, and arrives bit for bit', async () => {
  const receiver = await startReceiver();
  const bytes = objectBytes({ sopInstanceUid: sop, pixels: Buffer.alloc(1_000_000, 7) });
  const stored = await blobs.put(
    (async function* () {
      yield bytes;
    })(),
    2_000_000,
  );
  const destination = stow(receiver.url, blobs);
  expect(await destination.send(inMemory({ body: { kind: 'blob', ...stored } }), never)).toEqual({
    kind: 'delivered',
  });
  expect(receiver.arrivals.map(blobOf)).toEqual([stored.hash]);
  await destination.close();
  await receiver.close();
  archive(200, response([entry(sop)]));
  await send({ body: { kind: 'blob', ...stored } });
  const { headers, body } = server.seen.at(-1)!;
  expect(Number(headers['content-length'])).toBe(body.length);
});

test('what cannot be sent is dead: no names, no blob', async () => {
  expect(await send({ facts: {} })).toMatchObject({ kind: 'dead', error: { code: 'BH_DICOM_ATTRIBUTE' } });
  const gone = { kind: 'blob', hash: '0'.repeat(64), bytesCount: 100 };
  expect(await send({ body: gone })).toMatchObject({ kind: 'dead', error: { code: 'BH_STORE_NOT_FOUND' } });
});
