import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { objectBytes } from './object-bytes.ts';
import { bodyOf, boundary, converse, inPieces, multipartType, post } from './raw-client.ts';
import { asMultipart, codeOf, good, other } from './stow-answers.ts';
import { startReceiver } from './stow-setup.ts';

describe('limits', () => {
  const limited = async (
    given: NonNullable<Parameters<typeof startReceiver>[0]>['limits'],
    body: Buffer,
    chunked: boolean,
  ) => {
    const small = await startReceiver({ limits: given! });
    try {
      const sent = chunked ? inPieces(body, 1_000) : body;
      const answer = await post(`${small.url}/studies`, sent, asMultipart);
      return { status: answer.status, code: codeOf(answer), leftovers: await small.leftovers() };
    } finally {
      await small.close();
    }
  };
  const large = bodyOf([objectBytes({ pixels: Buffer.alloc(50_000) })]);

  test('too many parts', async () => {
    expect(await limited({ partsMax: 1 }, bodyOf([good, other]), false)).toEqual({
      status: 413,
      code: 'BH_MULTIPART_LIMIT',
      leftovers: [],
    });
  });
  test('a part that is too large', async () => {
    expect(await limited({ partBytesMax: 10_000 }, large, true)).toEqual({
      status: 413,
      code: 'BH_MULTIPART_LIMIT',
      leftovers: [],
    });
  });
  test.each([true, false])('a body that is too large, chunked: %s', async (chunked) => {
    expect(await limited({ bodyBytesMax: 10_000 }, large, chunked)).toEqual({
      status: 413,
      code: 'BH_HTTP_TOO_LARGE',
      leftovers: [],
    });
  });
  test('a disk at its watermark', async () => {
    expect(await limited({ diskFreeBytesMin: Number.MAX_SAFE_INTEGER }, large, false)).toMatchObject({
      status: 507,
      code: 'BH_STORE_FULL',
    });
  });
  test('too many requests at once: 503 with Retry-After, the open one goes on', async () => {
    const small = await startReceiver({ limits: { requestsMax: 1 } });
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    async function* slowly() {
      yield bodyOf([good]).subarray(0, 50);
      await held;
      yield bodyOf([good]).subarray(50);
    }
    const first = post(`${small.url}/studies`, slowly(), asMultipart);
    let second = await post(`${small.url}/studies`, bodyOf([other]), asMultipart);
    while (second.status === 200) second = await post(`${small.url}/studies`, bodyOf([other]), asMultipart);
    expect([second.status, codeOf(second), second.headers['retry-after']]).toEqual([
      503,
      'BH_STORE_BUSY',
      '5',
    ]);
    release();
    expect((await first).status).toBe(200);
    await small.close();
  });
});

describe('clients that do not end', () => {
  const head = (length: number) =>
    `POST /dicomweb/studies HTTP/1.1\r\nHost: x\r\nContent-Type: ${multipartType}\r\nContent-Length: ${length}\r\n\r\n`;

  test('no progress: 408, closed, nothing left', async () => {
    const impatient = await startReceiver({ limits: { idleMs: 100 } });
    const answer = await converse(
      impatient.port,
      head(100_000) + bodyOf([good]).subarray(0, 150).toString('latin1'),
    );
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(answer).toContain('BH_HTTP_TIMEOUT');
    expect(await impatient.leftovers()).toEqual([]);
    await impatient.close();
  });

  test('a byte now and then is no progress', async () => {
    const impatient = await startReceiver({ limits: { idleMs: 150 } });
    const socket = connect(impatient.port, '127.0.0.1');
    socket.write(`${head(100_000)}--${boundary}\r\n\r\n`);
    const drip = setInterval(() => socket.write('x'), 20);
    const answer = await new Promise<string>((resolve) => {
      socket.once('data', (piece) => resolve(piece.toString('latin1')));
    });
    clearInterval(drip);
    socket.destroy();
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    await impatient.close();
  });

  test('a client that trickles 1 KiB at a time gets 408; its place and its partial file are free', async () => {
    const impatient = await startReceiver({ limits: { idleMs: 250, requestsMax: 1 } });
    const socket = connect(impatient.port, '127.0.0.1');
    socket.write(`${head(100_000_000)}--${boundary}\r\n\r\n`);
    const drip = setInterval(() => socket.write(Buffer.alloc(1024)), 20);
    const answer = await new Promise<string>((resolve) => {
      socket.once('data', (piece) => resolve(piece.toString('latin1')));
    });
    clearInterval(drip);
    socket.destroy();
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(await impatient.leftovers()).toEqual([]);
    const next = await post(`${impatient.url}/studies`, bodyOf([good]), { 'content-type': multipartType });
    expect(next.status).toBe(200);
    await impatient.close();
  });

  test('a slow client that keeps the least rate is served, however long it takes', async () => {
    const patient = await startReceiver({ limits: { idleMs: 500, progressBytesMin: 40 } });
    async function* slowly(): AsyncGenerator<Uint8Array> {
      for await (const piece of inPieces(bodyOf([good]), 50)) {
        await new Promise((resolve) => setTimeout(resolve, 60));
        yield piece;
      }
    }
    const answer = await post(`${patient.url}/studies`, slowly(), { 'content-type': multipartType });
    expect(answer.status).toBe(200);
    await patient.close();
  });

  test('a client that goes away: the partial object is discarded and counted', async () => {
    const counted: string[] = [];
    let wasCounted = (): void => {};
    const isCounted = new Promise<void>((resolve) => {
      wasCounted = resolve;
    });
    const nothing = { set() {}, observe() {} };
    const watched = await startReceiver({
      metrics: {
        counter: ({ name }) => ({
          add(_amount, labels) {
            if (name !== 'bithive_dicomweb_broken_bodies_total') return;
            counted.push(labels?.code ?? '');
            wasCounted();
          },
        }),
        gauge: () => nothing,
        histogram: () => nothing,
      },
    });
    const socket = connect(watched.port, '127.0.0.1', () => {
      socket.write(head(100_000) + bodyOf([good]).subarray(0, 200).toString('latin1'), () =>
        socket.destroy(),
      );
    });
    await isCounted;
    expect(counted).toEqual(['BH_HTTP_ABORTED']);
    expect(watched.arrivals).toEqual([]);
    await watched.close();
    expect(await watched.leftovers().catch(() => [])).toEqual([]);
  });
});
